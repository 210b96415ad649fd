// Images on the command line: which vision tower, which files, and what becomes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "interrupt.h"
#include "options_flags.h"
#include "tenfold/engine.h"

namespace tenfold::cli {

// --mmproj, --image, --image-max-pixels.
struct ImageFlags {
  std::string mmproj;
  std::vector<std::string> sources;  // files or data: URLs
  std::int64_t max_pixels = ImageOptions().max_pixels;

  void add(CLI::App& command);
  // The vision tower to open `model` with: --mmproj; if images are given without it, the only mmproj*.gguf beside the
  // model; else none. Errors: kInvalidArgument if there is none or are several.
  [[nodiscard]] Result<std::string> tower_of(const std::string& model) const;
};

struct ImageFile {
  std::string name;  // for people
  std::string content;

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(content)); }
};

// What can be said about images before a model is loaded.
//   memory_limit_bytes:  as --memory-limit has it; 0: none
// Errors name the image.
Result<std::vector<ImageFile>> read_images(const std::vector<std::string>& sources, std::uint64_t memory_limit_bytes);

// Has them encoded, with a progress bar; Ctrl-C stops it. Errors name the image.
Result<std::vector<ImageRef>> look_at(Engine& engine, const std::vector<ImageFile>& files, std::int64_t max_pixels,
                                      Interrupt& interrupt);

// [{"tokens": 1024, "rows": …, "columns": …, "width": …, "height": …, "decode_s": …, "load_s": …, "encode_s": …}]
Json images_json(const std::vector<ImageRef>& images);

// "[2 images of 1024 and 12 tokens: decoded in 0.05 s, seen in 28 s]", with a newline; empty without images.
std::string image_line(const std::vector<ImageRef>& images);

}  // namespace tenfold::cli
