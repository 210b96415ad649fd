// JPEG by libjpeg-turbo, where the build found it. stb_image reads JPEG as well, but past the ends of its tables.
#include "base/error.h"
#include "image/codec.h"

#ifdef TENFOLD_JPEG
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#endif

namespace tenfold::image_codec {

#ifdef TENFOLD_JPEG

namespace {

// Each scan of a progressive file goes over the whole picture; encoders write about ten.
constexpr int kMaxScans = 64;

// The library reports an error by a call that may not return to it. Nothing that it jumps over has a destructor.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr cinfo) {
  auto* failure = reinterpret_cast<Failure*>(cinfo->err);
  cinfo->err->format_message(cinfo, failure->message);
  std::longjmp(failure->jump, 1);
}

// The library would fill in grey for what is missing.
void on_message(j_common_ptr cinfo, int level) {
  const int code = cinfo->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) fail(cinfo);
}

void on_progress(j_common_ptr cinfo) {
  if (reinterpret_cast<j_decompress_ptr>(cinfo)->input_scan_number <= kMaxScans) return;
  auto* failure = reinterpret_cast<Failure*>(cinfo->err);
  std::snprintf(failure->message, sizeof(failure->message), "more than %d scans", kMaxScans);
  std::longjmp(failure->jump, 1);
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

bool read_header(Reader& reader, std::span<const std::byte> file) {
  if (setjmp(reader.failure.jump) != 0) return false;
  jpeg_create_decompress(&reader.cinfo);
  reader.cinfo.progress = &reader.progress;
  jpeg_mem_src(&reader.cinfo, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  return jpeg_read_header(&reader.cinfo, TRUE) == JPEG_HEADER_OK;
}

// row: room for a row of 4 channels. Turns inks into light where a picture for print has them.
bool read_rows(Reader& reader, RgbImage& image, std::uint8_t* row) {
  if (setjmp(reader.failure.jump) != 0) return false;
  jpeg_decompress_struct& cinfo = reader.cinfo;
  const bool is_print = cinfo.jpeg_color_space == JCS_CMYK || cinfo.jpeg_color_space == JCS_YCCK;
  cinfo.out_color_space = is_print ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&cinfo);
  const int flip = cinfo.saw_Adobe_marker != 0 ? 0 : 255;  // Adobe's are inverted
  while (cinfo.output_scanline < cinfo.output_height) {
    std::uint8_t* out = image.row(static_cast<int>(cinfo.output_scanline));
    std::uint8_t* target = is_print ? row : out;
    jpeg_read_scanlines(&cinfo, &target, 1);
    for (int x = 0; is_print && x < image.size.width; ++x) {
      const int black = row[4 * x + 3] ^ flip;
      for (int c = 0; c < 3; ++c)
        out[3 * x + c] = static_cast<std::uint8_t>(((row[4 * x + c] ^ flip) * black + 127) / 255);
    }
  }
  jpeg_finish_decompress(&cinfo);
  return true;
}

Status failed(const Reader& reader) {
  return corrupt_data("image: expected a whole JPEG picture, found: ", printable(reader.failure.message, 200));
}

}  // namespace

Result<ImageSize> jpeg_size(std::span<const std::byte> file) {
  Reader reader;
  if (!read_header(reader, file)) return failed(reader);
  return ImageSize{static_cast<int>(reader.cinfo.image_width), static_cast<int>(reader.cinfo.image_height)};
}

Result<RgbImage> jpeg_decode(std::span<const std::byte> file, ImageSize size) {
  RgbImage image{size, std::vector<std::uint8_t>(static_cast<std::size_t>(size.n_pixels()) * 3)};
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 4);
  Reader reader;
  if (!read_header(reader, file) || !read_rows(reader, image, row.data())) return failed(reader);
  return image;
}

#else

Result<ImageSize> jpeg_size(std::span<const std::byte>) {
  return unsupported("image: expected PNG, found JPEG, which this build of Tenfold has no library for");
}

Result<RgbImage> jpeg_decode(std::span<const std::byte> file, ImageSize) { return jpeg_size(file).status(); }

#endif

}  // namespace tenfold::image_codec
