// Pictures on the command line: which vision tower, which files, and what becomes of them.
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
struct PictureFlags {
  std::string mmproj;
  std::vector<std::string> images;  // files or data: URLs
  std::int64_t max_pixels = ImageOptions().max_pixels;

  void add(CLI::App& command);
  // The vision tower to open `model` with: --mmproj; if pictures are given without it, the only mmproj*.gguf beside the
  // model; else none. Errors: kInvalidArgument if there is none or are several.
  [[nodiscard]] Result<std::string> tower_of(const std::string& model) const;
};

struct PictureFile {
  std::string name;  // for people
  std::string content;

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(content)); }
};

// What can be said about pictures before a model is loaded.
//   memory_limit_bytes:  as --memory-limit has it; 0: none
// Errors name the picture.
Result<std::vector<PictureFile>> read_pictures(const std::vector<std::string>& sources,
                                               std::uint64_t memory_limit_bytes);

// Has them encoded, with a progress bar; Ctrl-C stops it. Errors name the picture.
Result<std::vector<ImageRef>> look_at(Engine& engine, const std::vector<PictureFile>& pictures, std::int64_t max_pixels,
                                      Interrupt& interrupt);

// [{"tokens": 1024, "rows": …, "columns": …, "width": …, "height": …, "decode_s": …, "load_s": …, "encode_s": …}]
Json pictures_json(const std::vector<ImageRef>& images);

// "[2 pictures of 1024 and 12 tokens: decoded in 0.05 s, seen in 28 s]", with a newline; empty without pictures.
std::string picture_line(const std::vector<ImageRef>& images);

}  // namespace tenfold::cli
