#include "convert/sentence_modules.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "convert/config_view.h"
#include "model/vector_head.h"

namespace tenfold {

namespace {

constexpr const char* kModulesFile = "modules.json";
constexpr std::size_t kMaxModules = 64;

// A way of pooling under its name, and under the flag that older versions wrote instead.
struct PoolingMode {
  std::string_view name;
  std::string_view flag;
  std::optional<Pooling> pooling;  // nothing: not known here
};
constexpr PoolingMode kPoolingModes[] = {
    {"cls", "pooling_mode_cls_token", Pooling::kCls},
    {"max", "pooling_mode_max_tokens", {}},
    {"mean", "pooling_mode_mean_tokens", Pooling::kMean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", {}},
    {"weightedmean", "pooling_mode_weightedmean_tokens", {}},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::kLast},
};

// The names of all ways that a Pooling's file asks for; their results would lie side by side.
Result<std::vector<std::string>> modes_of(const ConfigView& config, const std::string& file) {
  std::vector<std::string> modes;
  if (const Json* mode = config.find({"pooling_mode"})) {
    if (mode->is_string()) return std::vector<std::string>{mode->get<std::string>()};
    if (!mode->is_array()) {
      return corrupt_data(file, ": pooling_mode: expected a text or a list of them, found ", mode->type_name());
    }
    for (const Json& one : *mode) {
      if (!one.is_string()) {
        return corrupt_data(file, ": pooling_mode: expected a list of texts, found ", one.type_name(), " in it");
      }
      modes.push_back(one.get<std::string>());
    }
    return modes;
  }
  for (const PoolingMode& known : kPoolingModes) {
    TENFOLD_ASSIGN_OR_RETURN(const bool chosen, config.boolean({known.flag}, false));
    if (chosen) modes.emplace_back(known.name);
  }
  if (modes.empty()) modes.emplace_back("mean");  // as the library takes it
  return modes;
}

Result<Pooling> pooling_of(const ConfigView& config, const std::string& file) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::string> modes, modes_of(config, file));
  std::string found;
  for (const std::string& mode : modes) found += cat(found.empty() ? "" : " and ", printable(mode));
  for (const PoolingMode& known : kPoolingModes) {
    if (modes.size() == 1 && modes[0] == known.name && known.pooling) return *known.pooling;
  }
  return unsupported(file, ": expected the mean, the first (cls) or the last token (lasttoken), found ",
                     found.empty() ? "none" : found, modes.size() > 1 ? " side by side" : "");
}

bool is_inside(const std::string& path) {
  if (path.empty()) return true;
  return path.front() != '/' && path.find("..") == std::string::npos && path.find('\0') == std::string::npos;
}

class ModulesReader {
 public:
  explicit ModulesReader(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  Result<SentenceModules> run() {
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> list, checkpoint_.read_json(kModulesFile));
    if (!list) return SentenceModules();
    if (!list->is_array() || list->size() > kMaxModules) {
      return corrupt_data(kModulesFile, ": expected a list of at most ", kMaxModules, " modules, found ",
                          list->type_name());
    }
    for (const Json& module : *list) TENFOLD_RETURN_IF_ERROR(add(module));
    return std::move(modules_);
  }

 private:
  Status add(const Json& module) {
    const ConfigView view({&module}, kModulesFile);
    TENFOLD_ASSIGN_OR_RETURN(const std::string type, view.string({"type"}, ""));
    const Result<std::string> path = view.string({"path"}, "");
    if (!path.ok()) return path.status();
    if (!is_inside(*path)) {
      return corrupt_data(kModulesFile, ": path: expected a folder of the checkpoint, found ", printable(*path));
    }
    const bool is_known = type.starts_with("sentence_transformers.");
    const std::string name = is_known ? type.substr(type.rfind('.') + 1) : type;
    if (name == "Transformer") return add_transformer(*path);
    if (name == "Pooling") return add_pooling(*path);
    if (name == "Dense") return add_dense(*path);
    if (name == "Normalize") return add_normalize(*path);
    if (name == "Dropout") return {};  // in training only
    return unsupported(kModulesFile,
                       ": expected Transformer, Pooling, Dense and Normalize of sentence_transformers, found ",
                       name.empty() ? "a module without a type" : printable(name));
  }

  static Status out_of_order(const char* found, const char* before) {
    return unsupported(kModulesFile,
                       ": expected one Transformer, one Pooling, then Dense and at last Normalize, found ", found, " ",
                       before);
  }

  Status add_transformer(const std::string& path) {
    if (has_transformer_ || modules_.pooling) return out_of_order("Transformer", "behind another module");
    has_transformer_ = true;
    if (path.empty()) return {};
    return unsupported(kModulesFile, ": expected the Transformer in the folder itself, found it in ", printable(path),
                       "; load the model with today's sentence-transformers and save it again");
  }

  Status add_pooling(const std::string& path) {
    if (modules_.pooling) return out_of_order("Pooling", "twice");
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> json, checkpoint_.read_object(path + "/config.json"));
    const std::string file = cat(printable(path), "/config.json");
    if (path.empty() || !json) return not_found(file, ": expected how vectors are made, found no file");
    const ConfigView config({&*json}, file);
    TENFOLD_ASSIGN_OR_RETURN(modules_.pooling, pooling_of(config, file));
    TENFOLD_ASSIGN_OR_RETURN(modules_.pools_prompt, config.boolean({"include_prompt"}, true));
    return {};
  }

  Status add_dense(const std::string& path) {
    if (!modules_.pooling) return out_of_order("Dense", "before Pooling");
    if (modules_.normalizes) return out_of_order("Dense", "behind Normalize");
    if (modules_.dense.size() == VectorHead::kMaxProjections) {
      return unsupported(kModulesFile, ": expected at most ", VectorHead::kMaxProjections,
                         " Dense modules, found more");
    }
    TENFOLD_ASSIGN_OR_RETURN(DenseModule module, read_dense_module(checkpoint_, path));
    modules_.dense.push_back(std::move(module));
    return {};
  }

  Status add_normalize(const std::string& path) {
    if (!modules_.pooling) return out_of_order("Normalize", "before Pooling");
    modules_.normalizes = true;
    if (path.empty()) return {};
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> json, checkpoint_.read_object(path + "/config.json"));
    if (!json) return {};
    const std::string file = cat(printable(path), "/config.json");
    for (const char* const key : {"module_input_name", "module_output_name"}) {
      TENFOLD_ASSIGN_OR_RETURN(const std::string found, ConfigView({&*json}, file).string({key}, "sentence_embedding"));
      if (found == "sentence_embedding") continue;
      return unsupported(file, ": ", key, ": expected sentence_embedding, found ", printable(found));
    }
    return {};
  }

  const Checkpoint& checkpoint_;
  SentenceModules modules_;
  bool has_transformer_ = false;
};

}  // namespace

bool has_sentence_modules(const Checkpoint& checkpoint) { return checkpoint.has(kModulesFile); }

Result<SentenceModules> read_sentence_modules(const Checkpoint& checkpoint) { return ModulesReader(checkpoint).run(); }

}  // namespace tenfold
