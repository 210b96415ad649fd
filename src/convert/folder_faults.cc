#include "convert/folder_faults.h"

#include <filesystem>
#include <string_view>

#include "base/contracts.h"
#include "base/error.h"
#include "base/json.h"
#include "model_file/pread_file.h"

namespace tenfold {

namespace {

constexpr const char* kAdapterFiles[] = {"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"};
constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
constexpr const char* kMerge = "merge it into its base model (PEFT's merge_and_unload) and convert what that saves";

bool has_adapter(const std::string& folder) {
  TENFOLD_DCHECK(folder.ends_with('/'));
  for (const char* const file : kAdapterFiles) {
    if (path_exists(folder + file)) return true;
  }
  return false;
}

// What adapter_config.json calls the model that it changes; "" if it does not tell.
std::string base_model_of(const std::string& folder) {
  const Result<PreadFile> file = PreadFile::open(folder + "adapter_config.json");
  if (!file.ok() || file->size() > kMaxConfigBytes) return "";
  std::string text(static_cast<std::size_t>(file->size()), '\0');
  if (!file->read(0, std::as_writable_bytes(std::span(text))).ok()) return "";
  const Result<Json> json = parse_json(text);
  if (!json.ok() || !json->is_object()) return "";
  const Json* name = json->find("base_model_name_or_path");
  return name != nullptr ? name->text() : "";
}

Status lone_adapter(const std::string& folder) {
  const std::string base = base_model_of(folder);
  return not_found(printable(folder), ": expected a whole model, found an adapter",
                   base.empty() ? "" : cat(" of ", printable(base)), "; ", kMerge);
}

// Files of the folder that are named so.
std::size_t count_files(const std::string& folder, std::string_view begin, std::string_view end) {
  std::error_code ignored;
  std::size_t n = 0;
  for (std::filesystem::directory_iterator at(folder, ignored), last; !ignored && at != last; at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    n += name.starts_with(begin) && name.ends_with(end) ? 1 : 0;
  }
  return n;
}

}  // namespace

bool path_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Status explain_missing_config(const std::string& folder) {
  if (has_adapter(folder)) return lone_adapter(folder);
  return not_found(printable(folder), ": expected config.json, found none; this is not a Hugging Face checkpoint");
}

Status explain_missing_weights(const std::string& folder) {
  if (has_adapter(folder)) return lone_adapter(folder);
  const auto nothing = [&](const auto&... found) {
    return not_found(printable(folder), ": expected model.safetensors or model.safetensors.index.json, found ",
                     found...);
  };
  if (const std::size_t n = count_files(folder, "model-", ".safetensors"); n > 0) {
    return nothing(n, n == 1 ? " shard" : " shards", " without the index; download model.safetensors.index.json too");
  }
  if (path_exists(folder + "pytorch_model.bin") || path_exists(folder + "pytorch_model.bin.index.json")) {
    return nothing("pytorch_model.bin; save the model again with safe_serialization=True");
  }
  if (count_files(folder, "consolidated", ".safetensors") > 0) {
    return nothing("consolidated.safetensors, which names tensors in another way; download the files named model");
  }
  return nothing("neither");
}

Status expect_merged(const SafetensorsFile& weights) {
  for (const SafetensorsTensor& tensor : weights.tensors()) {
    for (const std::string_view mark :
         {".lora_A.", ".lora_B.", ".lora_embedding_", ".base_layer.", "base_model.model."}) {
      if (tensor.name.find(mark) == std::string::npos) continue;
      return unsupported("tensor ", printable(tensor.name), ": expected a model's own names, found those of an ",
                         "adapter that is not merged; ", kMerge);
    }
  }
  return {};
}

std::vector<std::string> notes_on_folder(const std::string& folder) {
  if (!has_adapter(folder)) return {};
  return {cat("an adapter lies beside the weights and is not applied; if it is meant to be, ", kMerge)};
}

}  // namespace tenfold
