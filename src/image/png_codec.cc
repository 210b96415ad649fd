// PNG by libpng.
#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/contracts.h"
#include "base/error.h"
#include "image/codec.h"
#include "image/over_white.h"

namespace tenfold::image_codec {

namespace {

// Rows before and after unfiltering and what they are made into, of up to 8 bytes a pixel each; and what libpng and
// zlib keep beside them.
constexpr std::uint64_t kBytesAColumn = 64, kFixedBytes = std::uint64_t{2} << 20;

// One file being read. The library reports an error by a call that may not return to it: those of its calls that may
// fail are in functions of this class that have nothing with a destructor.
class Reader {
 public:
  explicit Reader(Bytes file) : file_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) out_of_memory_ = true;
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool read_header() {
    if (info_ == nullptr) return false;
    if (setjmp(jump_) != 0) return false;
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // whoever reads the size tells large from broken
    // Chunks that do not change pixels are not kept. Sums are not looked at: an image is shown with what is wrong in
    // it.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    png_set_option(png_, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
    png_read_info(png_, info_);
    return true;
  }

  // 8 bits a channel, RGB, or RGBA where something may be transparent.
  bool start() {
    if (setjmp(jump_) != 0) return false;
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_read_user_transform_fn(png_, on_row);
    n_passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  // The next row of a pass; pixels that belong to others stay as they are. What is wrong after the last row does not
  // matter, nor is it read: it may be long.
  bool read_row(std::uint8_t* row) {
    if (setjmp(jump_) != 0) return is_complete_;
    png_read_row(png_, row, nullptr);
    return true;
  }

  [[nodiscard]] ImageSize size() const {
    return {static_cast<int>(png_get_image_width(png_, info_)), static_cast<int>(png_get_image_height(png_, info_))};
  }
  [[nodiscard]] int n_channels() const { return png_get_channels(png_, info_); }  // once started
  [[nodiscard]] int n_passes() const { return n_passes_; }
  [[nodiscard]] bool is_interlaced() const { return png_get_interlace_type(png_, info_) != PNG_INTERLACE_NONE; }

  [[nodiscard]] Status failure() const {
    if (out_of_memory_) return Status::out_of_memory();
    return corrupt_data("image: expected a whole PNG image, found: ", printable(message_, 200));
  }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
    reader->out_of_memory_ = std::strstr(message, "emory") != nullptr;
    std::snprintf(reader->message_, sizeof(reader->message_), "%s", message);
    std::longjmp(reader->jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  // Each row once it is unpacked, before it is copied to the caller.
  static void on_row(png_structp png, png_row_infop, png_bytep) {
    auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
    // Of an interlaced image the last pass is every other row.
    const png_uint_32 step = reader->n_passes_ > 1 ? 2 : 1;
    const bool last_row = png_get_current_row_number(png) + step >= png_get_image_height(png, reader->info_);
    if (last_row && png_get_current_pass_number(png) + 1 == reader->n_passes_) reader->is_complete_ = true;
  }
  static void on_read(png_structp png, png_bytep out, std::size_t n) {
    auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
    if (reader->is_complete_) png_error(png, "nothing more is wanted");
    if (n > reader->file_.size() - reader->at_) png_error(png, "the file ends too early");
    std::memcpy(out, reader->file_.data() + reader->at_, n);
    reader->at_ += n;
  }

  Bytes file_;
  std::size_t at_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int n_passes_ = 1;
  bool is_complete_ = false;
  bool out_of_memory_ = false;
  std::jmp_buf jump_;
  char message_[200] = "";
};

class PngRows final : public Rows {
 public:
  PngRows(Bytes file, const std::atomic<bool>& cancel) : reader_(file), cancel_(cancel) {}

  Status start() {
    if (!reader_.read_header() || !reader_.start()) return reader_.failure();
    n_channels_ = static_cast<std::size_t>(reader_.n_channels());
    row_.resize(row_bytes());
    return reader_.n_passes() > 1 ? read_all() : Status();
  }

  Status read(std::uint8_t* rgb) override {
    const std::uint8_t* row = row_.data();
    if (all_ != nullptr) {
      TENFOLD_DCHECK(next_ < static_cast<std::size_t>(reader_.size().height));
      row = all_.get() + next_++ * row_bytes();
    } else if (!reader_.read_row(row_.data())) {
      return reader_.failure();
    }
    if (n_channels_ == 4) {
      rgba_over_white(row, width(), rgb);
    } else {
      std::memcpy(rgb, row, row_bytes());
    }
    return {};
  }

 private:
  // Seven times from top to bottom, more pixels each time.
  Status read_all() {
    const auto height = static_cast<std::size_t>(reader_.size().height);
    // Not zeroed first: that would be a second for a large image, in which nobody looks at `cancel`.
    all_ = std::make_unique_for_overwrite<std::uint8_t[]>(height * row_bytes());
    for (int pass = 0; pass < reader_.n_passes(); ++pass) {
      for (std::size_t y = 0; y < height; ++y) {
        if (cancel_.load(std::memory_order_relaxed)) return cancelled_image();
        if (!reader_.read_row(all_.get() + y * row_bytes())) return reader_.failure();
      }
    }
    return {};
  }

  [[nodiscard]] std::size_t width() const { return static_cast<std::size_t>(reader_.size().width); }
  [[nodiscard]] std::size_t row_bytes() const { return width() * n_channels_; }

  Reader reader_;
  const std::atomic<bool>& cancel_;
  std::size_t n_channels_ = 0;
  std::vector<std::uint8_t> row_;
  std::unique_ptr<std::uint8_t[]> all_;  // of an interlaced image
  std::size_t next_ = 0;                 // row of it
};

}  // namespace

Result<Header> png_header(Bytes file) {
  Reader reader(file);
  if (!reader.read_header()) return reader.failure();
  const ImageSize size = reader.size();
  const std::uint64_t all = reader.is_interlaced() ? 4 * static_cast<std::uint64_t>(size.n_pixels()) : 0;
  return Header{size, kFixedBytes + kBytesAColumn * static_cast<std::uint64_t>(size.width) + all};
}

Result<std::unique_ptr<Rows>> png_rows(Bytes file, const std::atomic<bool>& cancel) {
  auto rows = std::make_unique<PngRows>(file, cancel);
  TENFOLD_RETURN_IF_ERROR(rows->start());
  return std::unique_ptr<Rows>(std::move(rows));
}

std::vector<std::byte> inflate(Bytes packed, std::size_t max_bytes) {
  std::vector<std::byte> bytes(max_bytes);
  uLongf n = bytes.size();
  const int code = uncompress(reinterpret_cast<Bytef*>(bytes.data()), &n, reinterpret_cast<const Bytef*>(packed.data()),
                              packed.size());
  bytes.resize(code == Z_OK ? n : 0);
  return bytes;
}

}  // namespace tenfold::image_codec
