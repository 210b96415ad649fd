#include "images.h"

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "base/error.h"
#include "console.h"
#include "image/data_url.h"
#include "image/decode_image.h"
#include "progress_bar.h"
#include "text_input.h"

namespace tenfold::cli {

namespace {

Result<std::string> read_content(const std::string& source, const TextLimit& limit) {
  if (!is_data_url(source)) return read_text_file(source, limit);
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, decode_data_url(source));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

TextLimit content_limit(std::uint64_t memory_limit_bytes) {
  TextLimit limit = memory_limit(kMaxImageBytes, 2);
  if (memory_limit_bytes == 0 || memory_limit_bytes >= limit.max_bytes) return limit;
  return {memory_limit_bytes, "what --memory-limit leaves"};
}

Result<ImageFile> read_file(const std::string& source, const TextLimit& limit) {
  ImageFile file;
  file.name = is_data_url(source) ? "data: URL" : printable(source, 200);
  auto content = read_content(source, limit);
  if (!content.ok()) return content.status().with_context("image");  // which it names itself
  file.content = std::move(content).value();
  const auto info = read_image_info(file.bytes());
  if (!info.ok()) return info.status().with_context(file.name);
  return file;
}

Result<ImageRef> look_at_one(Engine& engine, const ImageFile& file, std::int64_t max_pixels, Interrupt& interrupt) {
  ProgressBar bar("looking");
  std::atomic<bool> cancel = false;
  ImageOptions options;
  options.max_pixels = max_pixels;
  options.cancel = &cancel;
  options.on_progress = [&](double fraction) {
    bar.update(fraction);
    return true;
  };
  interrupt.on_request([&cancel] { cancel = true; });
  auto image = engine.encode_image(file.bytes(), options);
  interrupt.on_request({});
  if (!image.ok()) return image.status().with_context(file.name);
  if ((*image)->is_animation) print_note(cat("tenfold: ", file.name, ": an animation, its first image is seen\n"));
  return image;
}

}  // namespace

void ImageFlags::add(CLI::App& command) {
  command
      .add_option("--mmproj", mmproj,
                  "The model's vision tower, a GGUF file; with --image, an mmproj*.gguf beside the model is found")
      ->type_name("FILE");
  add_repeatable(command, "--image", sources, "A PNG, JPEG or WebP file or data: URL to ask about; may be repeated")
      ->type_name("FILE");
  add_number<std::int64_t>(command, "--image-max-pixels", max_pixels,
                           cat("Make larger images smaller than this: 784 pixels are a token. Twice as many take more "
                               "than twice the time and memory, fewer lose small print (default ",
                               max_pixels, ", 1024 tokens)"),
                           1)
      ->type_name("N");
}

Result<std::string> ImageFlags::tower_of(const std::string& model) const {
  if (!mmproj.empty() || sources.empty()) return mmproj;
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(model).parent_path();
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with("mmproj") && name.ends_with(".gguf")) found.push_back(at->path().string());
  }
  if (found.size() == 1) return found[0];
  return invalid_argument("--image: expected --mmproj FILE, or one mmproj*.gguf beside the model; found ",
                          found.size());
}

Result<std::vector<ImageFile>> read_images(const std::vector<std::string>& sources, std::uint64_t memory_limit_bytes) {
  std::vector<ImageFile> files;
  TextLimit limit = content_limit(memory_limit_bytes);
  for (const std::string& source : sources) {
    TENFOLD_ASSIGN_OR_RETURN(ImageFile file, read_file(source, limit));
    if (memory_limit_bytes > 0) limit.max_bytes -= std::min(limit.max_bytes, file.content.size());
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<ImageRef>> look_at(Engine& engine, const std::vector<ImageFile>& files, std::int64_t max_pixels,
                                      Interrupt& interrupt) {
  std::vector<ImageRef> images;
  for (const ImageFile& file : files) {
    TENFOLD_ASSIGN_OR_RETURN(ImageRef image, look_at_one(engine, file, max_pixels, interrupt));
    images.push_back(std::move(image));
  }
  return images;
}

Json images_json(const std::vector<ImageRef>& images) {
  Json list = Json::array();
  for (const ImageRef& image : images) {
    list.push_back(Json{{"tokens", image->n_tokens()},
                        {"rows", image->rows},
                        {"columns", image->columns},
                        {"width", image->width},
                        {"height", image->height},
                        {"decode_s", image->timings.decode_s},
                        {"load_s", image->timings.load_s},
                        {"encode_s", image->timings.encode_s}});
  }
  return list;
}

std::string image_line(const std::vector<ImageRef>& images) {
  if (images.empty()) return "";
  std::string sizes;
  double decode_s = 0, encode_s = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    sizes += cat(i == 0 ? "" : i + 1 == images.size() ? " and " : ", ", images[i]->n_tokens());
    decode_s += images[i]->timings.decode_s;
    encode_s += images[i]->timings.load_s + images[i]->timings.encode_s;
  }
  const auto seconds = [](double s) { return fixed(s, s < 10 ? 2 : 1); };
  return cat("[", images.size(), images.size() == 1 ? " image of " : " images of ", sizes, " tokens: decoded in ",
             seconds(decode_s), " s, seen in ", seconds(encode_s), " s]\n");
}

}  // namespace tenfold::cli
