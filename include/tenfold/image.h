// EncodedImage: an image as a model sees it, ready to be put into prompts.
//
// Made by Engine::encode_image or Session::restore, for Sessions of the same Engine. Immutable and thread-safe; alive
// as long as somebody holds it, sessions that have it in their text included.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tenfold {

struct ImageOptions {
  // Height × width at most, after resizing; larger images are made smaller. Never more than the tower was made for.
  // The default is 1,024 tokens of 28 by 28 pixels; time and memory grow with the number of tokens, and faster.
  std::int64_t max_pixels = std::int64_t{1024} * 28 * 28;
  // Called with 0…1 while the tower works, from the calling thread; return false to cancel. May call anything but
  // encode_image of the same Engine.
  std::function<bool(double)> on_progress;
  // May be null; read between rows of the file and task chunks. The library for WebP decodes many rows at a time, which
  // takes a second or two of the largest images.
  const std::atomic<bool>* cancel = nullptr;
};

struct ImageTimings {
  double decode_s = 0;  // from the file's bytes to pixels of the tower's size
  double load_s = 0;    // the tower's weights, which the first image waits for
  double encode_s = 0;  // the tower; 0 if it knew the image
};

struct EncodedImage {
  int rows = 0, columns = 0;                       // of tokens
  int width = 0, height = 0;                       // pixels that the tower saw
  std::array<std::uint64_t, 2> content_hash = {};  // of those pixels
  bool is_animation = false;                       // the file has more images than this one, its first
  ImageTimings timings;
  // [rows·columns, model_dim]: what stands in the place of embeddings.
  std::shared_ptr<const std::vector<float>> values;

  [[nodiscard]] int n_tokens() const noexcept { return rows * columns; }
};

using ImageRef = std::shared_ptr<const EncodedImage>;

}  // namespace tenfold
