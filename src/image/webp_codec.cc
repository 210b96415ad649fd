// WebP by libwebp, where the build found it. Of an animation, the first frame.
#include "base/contracts.h"
#include "base/error.h"
#include "image/codec.h"

#ifdef TENFOLD_WEBP
#include <webp/decode.h>

#include <algorithm>
#include <cstring>

#include "image/over_white.h"
#include "image/webp_container.h"
#endif

namespace tenfold::image_codec {

#ifdef TENFOLD_WEBP

namespace {

constexpr std::uint64_t kBytesAColumn = 256, kFixedBytes = std::uint64_t{2} << 20;

const std::uint8_t* data_of(Bytes bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

Status failed(VP8StatusCode code) {
  if (code == VP8_STATUS_OUT_OF_MEMORY) return Status::out_of_memory();
  return corrupt_data("image: expected a whole WebP image, found one that libwebp refuses (", static_cast<int>(code),
                      ")");
}

// A file's image: all of it, or a frame somewhere on the canvas.
struct Frame {
  Bytes bytes;
  ImageSize canvas, size;
  int left = 0, top = 0;
  int n_channels = 3;  // 4: something may be transparent
  bool lossless = false;
};

Result<Frame> find_frame(Bytes file) {
  WebPBitstreamFeatures features{};
  const VP8StatusCode code = WebPGetFeatures(data_of(file), file.size(), &features);
  if (code != VP8_STATUS_OK) return failed(code);
  Frame frame{file, {features.width, features.height}, {features.width, features.height}};
  if (features.has_animation != 0) {
    const WebpContainer container = read_webp_container(file);
    frame.bytes = container.frame;
    frame.left = container.left;
    frame.top = container.top;
    const VP8StatusCode of_frame = WebPGetFeatures(data_of(frame.bytes), frame.bytes.size(), &features);
    if (of_frame != VP8_STATUS_OK || features.has_animation != 0) return failed(of_frame);
    frame.size = {features.width, features.height};
    if (frame.left + frame.size.width > frame.canvas.width || frame.top + frame.size.height > frame.canvas.height) {
      return corrupt_data("image: expected a frame within its canvas, found one beyond it");
    }
  }
  frame.n_channels = features.has_alpha != 0 ? 4 : 3;
  constexpr int kLossy = 1;
  frame.lossless = features.format != kLossy;
  return frame;
}

class WebpRows final : public Rows {
 public:
  explicit WebpRows(const Frame& frame) : frame_(frame) {}

  Status decode(const std::atomic<bool>& cancel) {
    pixels_.resize(row_bytes() * static_cast<std::size_t>(frame_.size.height));
    const WEBP_CSP_MODE mode = frame_.n_channels == 4 ? MODE_RGBA : MODE_RGB;
    const std::unique_ptr<WebPIDecoder, decltype(&WebPIDelete)> decoder(
        WebPINewRGB(mode, pixels_.data(), pixels_.size(), static_cast<int>(row_bytes())), WebPIDelete);
    if (decoder == nullptr) return Status::out_of_memory();
    // In parts, so that the flag is seen in between.
    constexpr std::size_t kParts = 128;
    const std::size_t step = frame_.bytes.size() / kParts + 1;
    VP8StatusCode code = VP8_STATUS_SUSPENDED;
    for (std::size_t n = 0; n < frame_.bytes.size() && code == VP8_STATUS_SUSPENDED;) {
      if (cancel.load(std::memory_order_relaxed)) return cancelled_image();
      n = std::min(n + step, frame_.bytes.size());
      code = WebPIUpdate(decoder.get(), data_of(frame_.bytes), n);
    }
    return code == VP8_STATUS_OK ? Status() : failed(code);
  }

  Status read(std::uint8_t* rgb) override {
    TENFOLD_DCHECK(next_ < frame_.canvas.height);
    const int y = next_++ - frame_.top;
    std::memset(rgb, 0xFF, static_cast<std::size_t>(frame_.canvas.width) * 3);
    if (y < 0 || y >= frame_.size.height) return {};
    const std::uint8_t* row = pixels_.data() + static_cast<std::size_t>(y) * row_bytes();
    std::uint8_t* out = rgb + static_cast<std::size_t>(frame_.left) * 3;
    if (frame_.n_channels == 4) {
      rgba_over_white(row, static_cast<std::size_t>(frame_.size.width), out);
    } else {
      std::memcpy(out, row, row_bytes());
    }
    return {};
  }

 private:
  [[nodiscard]] std::size_t row_bytes() const {
    return static_cast<std::size_t>(frame_.size.width) * static_cast<std::size_t>(frame_.n_channels);
  }

  Frame frame_;
  std::vector<std::uint8_t> pixels_;  // of the frame
  int next_ = 0;                      // row of the canvas
};

}  // namespace

Result<Header> webp_header(Bytes file) {
  TENFOLD_ASSIGN_OR_RETURN(const Frame frame, find_frame(file));
  // The pixels; beside them, all of a lossless image in the library's own form, or transparency, which is one too.
  const std::uint64_t beside = frame.lossless ? 4 : frame.n_channels == 4 ? 5 : 0;
  const std::uint64_t a_pixel = static_cast<std::uint64_t>(frame.n_channels) + beside;
  const auto n_columns = static_cast<std::uint64_t>(frame.canvas.width);
  return Header{frame.canvas,
                kFixedBytes + kBytesAColumn * n_columns + a_pixel * static_cast<std::uint64_t>(frame.size.n_pixels())};
}

Result<std::unique_ptr<Rows>> webp_rows(Bytes file, const std::atomic<bool>& cancel) {
  TENFOLD_ASSIGN_OR_RETURN(const Frame frame, find_frame(file));
  auto rows = std::make_unique<WebpRows>(frame);
  TENFOLD_RETURN_IF_ERROR(rows->decode(cancel));
  return std::unique_ptr<Rows>(std::move(rows));
}

#else

Result<Header> webp_header(Bytes) {
  return unsupported("image: expected PNG or JPEG, found WebP, which this build of Tenfold has no library for");
}

Result<std::unique_ptr<Rows>> webp_rows(Bytes file, const std::atomic<bool>&) { return webp_header(file).status(); }

#endif

}  // namespace tenfold::image_codec
