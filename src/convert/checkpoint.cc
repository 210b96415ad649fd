#include "convert/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <span>
#include <utility>

#include "base/error.h"
#include "convert/folder_faults.h"
#include "convert/python_json.h"
#include "model_file/lfs_pointer.h"
#include "model_file/pread_file.h"
#include "platform/memory_guard.h"

namespace tenfold {

namespace {

// The largest tokenizer.json in use (262,144 tokens) has 33 MB.
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;
// In memory: a list of empty texts takes that much.
constexpr std::size_t kBytesOfJsonByte = 24;
constexpr int kMaxNumbered = 4096;

std::string canonical_name(std::string name) {
  // Encoders within models for other tasks, and TensorFlow's names for their norms.
  if (name.starts_with("bert.")) name.erase(0, std::string_view("bert.").size());
  for (const auto& [old_end, new_end] : {std::pair{".gamma", ".weight"}, std::pair{".beta", ".bias"}}) {
    if (name.ends_with(old_end))
      name.replace(name.size() - std::string_view(old_end).size(), std::string::npos, new_end);
  }
  constexpr std::string_view kNested = "language_model.";
  if (const std::size_t at = name.find(kNested); at != std::string::npos) name.erase(at, kNested.size());
  for (const std::string_view tower : {"model.visual.", "model.vision_tower.", "model.multi_modal_projector."}) {
    if (name.starts_with(tower)) return name.substr(std::string_view("model.").size());
  }
  return name;
}

// A decoder's own class, without a head for some task, has no "model." before its names.
bool is_part_of_decoder(std::string_view name) {
  return name.starts_with("embed_tokens.") || name.starts_with("layers.") || name.starts_with("norm.") ||
         name.starts_with("embedding_norm.");
}

bool by_name(const Checkpoint::Named& a, const Checkpoint::Named& b) { return a.name < b.name; }

}  // namespace

Result<std::unique_ptr<Checkpoint>> Checkpoint::open(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return not_found(printable(folder),
                     ": expected a checkpoint's folder (config.json, *.safetensors, tokenizer.json), ",
                     path_exists(folder) ? "found a file" : "found nothing");
  }
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint(folder.ends_with('/') ? folder : folder + "/"));
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Json> config, checkpoint->read_object("config.json"));
  if (!config) return explain_missing_config(checkpoint->folder_);
  checkpoint->config_ = std::move(*config);
  TENFOLD_RETURN_IF_ERROR(checkpoint->open_weights());
  TENFOLD_RETURN_IF_ERROR(checkpoint->name_tensors());
  return checkpoint;
}

Status Checkpoint::open_weights() {
  for (const char* const file : {"model.safetensors.index.json", "model.safetensors"}) {
    if (!path_exists(folder_ + file)) continue;
    TENFOLD_ASSIGN_OR_RETURN(weights_, SafetensorsFile::open(folder_ + file));
    return expect_merged(*weights_);
  }
  return explain_missing_weights(folder_);
}

Status Checkpoint::name_tensors() {
  for (const SafetensorsTensor& tensor : weights_->tensors())
    tensors_.push_back({canonical_name(tensor.name), &tensor});
  std::sort(tensors_.begin(), tensors_.end(), by_name);
  if (find("embed_tokens.weight") != nullptr) {
    for (Named& named : tensors_) {
      if (is_part_of_decoder(named.name)) named.name.insert(0, "model.");
    }
    std::sort(tensors_.begin(), tensors_.end(), by_name);
  }
  const auto twice = std::adjacent_find(tensors_.begin(), tensors_.end(),
                                        [](const Named& a, const Named& b) { return a.name == b.name; });
  if (twice == tensors_.end()) return {};
  return corrupt_data("tensors ", printable(twice->tensor->name), " and ", printable(std::next(twice)->tensor->name),
                      ": expected one of the two");
}

std::string Checkpoint::name() const {
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::weakly_canonical(folder_, ignored);
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

const SafetensorsTensor* Checkpoint::find(std::string_view canonical_name) const noexcept {
  const auto at = std::lower_bound(tensors_.begin(), tensors_.end(), canonical_name,
                                   [](const Named& named, std::string_view name) { return named.name < name; });
  return at != tensors_.end() && at->name == canonical_name ? at->tensor : nullptr;
}

int Checkpoint::count_numbered(std::string_view prefix) const noexcept {
  int count = 0;
  for (const Named& named : tensors_) {
    std::string_view rest = named.name;
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    int number = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const bool is_number = error == std::errc() && end != rest.data() + rest.size() && *end == '.';
    if (is_number && number < kMaxNumbered) count = std::max(count, number + 1);
  }
  return count;
}

bool Checkpoint::has(const std::string& file) const { return path_exists(folder_ + file); }

Result<std::optional<std::string>> Checkpoint::read_text(const std::string& file) const {
  const std::string path = folder_ + file;
  if (!path_exists(path)) return std::optional<std::string>();
  TENFOLD_ASSIGN_OR_RETURN(const PreadFile opened, PreadFile::open(path));
  if (opened.size() > kMaxTextBytes) {
    return resource_exhausted(file, ": expected at most ", kMaxTextBytes, " bytes, found ", opened.size());
  }
  std::string text(static_cast<std::size_t>(opened.size()), '\0');
  Status read = opened.read(0, std::as_writable_bytes(std::span(text)));
  if (read.ok()) read = expect_no_lfs_pointer(opened);
  if (!read.ok()) return read.with_context(file);
  return std::optional<std::string>(std::move(text));
}

Result<std::optional<Json>> Checkpoint::read_json(const std::string& file) const {
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<std::string> text, read_text(file));
  if (!text) return std::optional<Json>();
  TENFOLD_RETURN_IF_ERROR(expect_memory_for(file, kBytesOfJsonByte * text->size()));
  Result<Json> json = parse_json(quote_non_finite(*text), {.max_depth = 64, .max_bytes = kMaxTextBytes});
  if (!json.ok()) return json.status().with_context(file);
  return std::optional<Json>(std::move(*json));
}

Result<std::optional<Json>> Checkpoint::read_object(const std::string& file) const {
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Json> json, read_json(file));
  if (!json || json->is_object()) return json;
  return corrupt_data(printable(file), ": expected an object, found ", json->type_name());
}

Result<Json> Checkpoint::read_settings(const std::string& file) const {
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Json> json, read_object(file));
  return json ? std::move(*json) : Json::object();
}

}  // namespace tenfold
