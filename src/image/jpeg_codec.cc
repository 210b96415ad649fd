// JPEG by libjpeg-turbo, where the build found it. stb_image reads JPEG as well, but past the ends of its tables.
#include "base/contracts.h"
#include "base/error.h"
#include "image/codec.h"

#ifdef TENFOLD_JPEG
#include <cstdio>
// jpeglib.h needs what the line above declares.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#endif

namespace tenfold::image_codec {

#ifdef TENFOLD_JPEG

namespace {

// Each scan of a progressive file goes over the whole image; encoders write about ten.
constexpr int kMaxScans = 64;

// Rows of blocks of up to four channels before and after they are scaled up, up to 40 of each; and what the library
// keeps beside them.
constexpr std::uint64_t kBytesAColumn = 400, kFixedBytes = std::uint64_t{1} << 20;

// The library reports an error by a call that may not return to it. Nothing that it jumps over has a destructor.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  const std::atomic<bool>* cancel = nullptr;
};

Failure& failure_of(j_common_ptr cinfo) { return *reinterpret_cast<Failure*>(cinfo->err); }

[[noreturn]] void fail(j_common_ptr cinfo) {
  Failure& failure = failure_of(cinfo);
  cinfo->err->format_message(cinfo, failure.message);
  std::longjmp(failure.jump, 1);
}

// The library would fill in grey for what is missing.
void on_message(j_common_ptr cinfo, int level) {
  const int code = cinfo->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) fail(cinfo);
}

bool is_cancelled(const Failure& failure) {
  return failure.cancel != nullptr && failure.cancel->load(std::memory_order_relaxed);
}

// Once a row of blocks.
void on_progress(j_common_ptr cinfo) {
  Failure& failure = failure_of(cinfo);
  const bool too_many = reinterpret_cast<j_decompress_ptr>(cinfo)->input_scan_number > kMaxScans;
  if (too_many) std::snprintf(failure.message, sizeof(failure.message), "more than %d scans", kMaxScans);
  if (too_many || is_cancelled(failure)) std::longjmp(failure.jump, 1);
}

// One file being read. Calls of the library that may fail are in functions that take it by reference.
struct Reader {
  jpeg_decompress_struct cinfo{};
  Failure failure{};
  jpeg_progress_mgr progress{};

  Reader() {
    cinfo.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = fail;
    failure.manager.emit_message = on_message;
    progress.progress_monitor = on_progress;
  }
  ~Reader() { jpeg_destroy_decompress(&cinfo); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

bool read_header(Reader& reader, Bytes file) {
  if (setjmp(reader.failure.jump) != 0) return false;
  jpeg_create_decompress(&reader.cinfo);
  reader.cinfo.progress = &reader.progress;
  jpeg_mem_src(&reader.cinfo, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  return jpeg_read_header(&reader.cinfo, TRUE) == JPEG_HEADER_OK;
}

// As inks or as light.
bool start(Reader& reader) {
  if (setjmp(reader.failure.jump) != 0) return false;
  jpeg_decompress_struct& cinfo = reader.cinfo;
  const bool is_print = cinfo.jpeg_color_space == JCS_CMYK || cinfo.jpeg_color_space == JCS_YCCK;
  cinfo.out_color_space = is_print ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&cinfo);
  return true;
}

bool read_row(Reader& reader, std::uint8_t* row) {
  if (setjmp(reader.failure.jump) != 0) return false;
  jpeg_read_scanlines(&reader.cinfo, &row, 1);
  if (reader.cinfo.output_scanline == reader.cinfo.output_height) jpeg_finish_decompress(&reader.cinfo);
  return true;
}

// Inks as everybody writes them: 255 is none, whether Adobe's marker says so or nothing does.
void inks_to_rgb(const std::uint8_t* inks, std::size_t n, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = static_cast<std::uint8_t>((inks[4 * i + c] * inks[4 * i + 3] + 127) / 255);
    }
  }
}

Status failed(const Reader& reader) {
  if (is_cancelled(reader.failure)) return cancelled_image();
  if (reader.failure.manager.msg_code == JERR_OUT_OF_MEMORY) return Status::out_of_memory();
  return corrupt_data("image: expected a whole JPEG image, found: ", printable(reader.failure.message, 200));
}

// Where an image comes in several scans, all its coefficients wait for the last one.
std::uint64_t coefficient_bytes(Reader& reader) {
  if (jpeg_has_multiple_scans(&reader.cinfo) == FALSE) return 0;
  std::uint64_t bytes = 0;
  for (int c = 0; c < reader.cinfo.num_components; ++c) {
    const jpeg_component_info& channel = reader.cinfo.comp_info[c];
    const std::uint64_t columns = channel.width_in_blocks + static_cast<std::uint64_t>(channel.h_samp_factor);
    const std::uint64_t rows = channel.height_in_blocks + static_cast<std::uint64_t>(channel.v_samp_factor);
    bytes += columns * rows * sizeof(JBLOCK);
  }
  return bytes;
}

class JpegRows final : public Rows {
 public:
  Status start(Bytes file, const std::atomic<bool>& cancel) {
    reader_.failure.cancel = &cancel;
    if (!read_header(reader_, file) || !image_codec::start(reader_)) return failed(reader_);
    if (reader_.cinfo.out_color_space == JCS_CMYK) inks_.resize(std::size_t{4} * reader_.cinfo.output_width);
    return {};
  }

  Status read(std::uint8_t* rgb) override {
    TENFOLD_DCHECK(reader_.cinfo.output_scanline < reader_.cinfo.output_height);
    if (!read_row(reader_, inks_.empty() ? rgb : inks_.data())) return failed(reader_);
    if (!inks_.empty()) inks_to_rgb(inks_.data(), reader_.cinfo.output_width, rgb);
    return {};
  }

 private:
  Reader reader_;
  std::vector<std::uint8_t> inks_;  // a row, if it comes as such
};

}  // namespace

Result<Header> jpeg_header(Bytes file) {
  Reader reader;
  if (!read_header(reader, file)) return failed(reader);
  const ImageSize size{static_cast<int>(reader.cinfo.image_width), static_cast<int>(reader.cinfo.image_height)};
  return Header{size, kFixedBytes + kBytesAColumn * reader.cinfo.image_width + coefficient_bytes(reader)};
}

Result<std::unique_ptr<Rows>> jpeg_rows(Bytes file, const std::atomic<bool>& cancel) {
  auto rows = std::make_unique<JpegRows>();
  TENFOLD_RETURN_IF_ERROR(rows->start(file, cancel));
  return std::unique_ptr<Rows>(std::move(rows));
}

#else

Result<Header> jpeg_header(Bytes) {
  return unsupported("image: expected PNG, found JPEG, which this build of Tenfold has no library for");
}

Result<std::unique_ptr<Rows>> jpeg_rows(Bytes file, const std::atomic<bool>&) { return jpeg_header(file).status(); }

#endif

}  // namespace tenfold::image_codec
