#include "convert/dense_module.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "convert/config_view.h"
#include "tensor/dequantize.h"

namespace tenfold {

namespace {

constexpr int kMaxDenseDim = 65536;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 24;

constexpr std::pair<std::string_view, const char*> kActivations[] = {{"Identity", "none"},   {"Tanh", "tanh"},
                                                                     {"ReLU", "relu"},       {"GELU", "gelu"},
                                                                     {"Sigmoid", "sigmoid"}, {"SiLU", "silu"}};

// The name of a class of PyTorch: torch.nn.modules.activation.Tanh.
Result<std::string> activation_of(const ConfigView& config, const std::string& file) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string found, config.string({"activation_function"}, "torch.nn.Tanh"));
  const std::string name = found.substr(found.rfind('.') + 1);
  for (const auto& [known, ours] : kActivations) {
    if (found.starts_with("torch.nn.") && name == known) return std::string(ours);
  }
  return unsupported(file, ": activation_function: expected Identity, Tanh, ReLU, GELU, Sigmoid or SiLU of torch.nn, ",
                     "found ", printable(found));
}

// Settings of newer versions, each with the only value that is known here.
Status expect_plain_dense(const ConfigView& config, const std::string& file) {
  for (const char* const key : {"module_input_name", "module_output_name"}) {
    TENFOLD_ASSIGN_OR_RETURN(const std::string found, config.string({key}, "sentence_embedding"));
    if (found == "sentence_embedding") continue;
    return unsupported(file, ": ", key, ": expected sentence_embedding, found ", printable(found));
  }
  TENFOLD_ASSIGN_OR_RETURN(const bool residual, config.boolean({"use_residual"}, false));
  if (residual) return unsupported(file, ": use_residual: expected false, found true");
  return {};
}

Result<std::vector<float>> read_tensor(const SafetensorsFile& file, const char* name,
                                       const std::vector<std::uint64_t>& shape) {
  const SafetensorsTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) return not_found("tensor ", name, ": expected, found nothing of that name");
  TENFOLD_ASSIGN_OR_RETURN(const DType type, tensor->dtype());
  if (tensor->shape != shape) {
    return corrupt_data("tensor ", name, ": expected the shape ", shape_text(shape), " by config.json, found ",
                        shape_text(tensor->shape));
  }
  std::vector<std::byte> raw(tensor->n_bytes);
  TENFOLD_RETURN_IF_ERROR(file.read(*tensor, 0, raw));
  std::vector<float> values(tensor->n_elements);
  dequantize_row(type, raw.data(), static_cast<std::int64_t>(values.size()), values.data());
  return values;
}

Status read_weights(const std::string& path, bool has_bias, DenseModule& module) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<SafetensorsFile> file, SafetensorsFile::open(path));
  const auto n_in = static_cast<std::uint64_t>(module.n_in), n_out = static_cast<std::uint64_t>(module.n_out);
  TENFOLD_ASSIGN_OR_RETURN(module.weight, read_tensor(*file, "linear.weight", {n_out, n_in}));
  if (has_bias) {
    TENFOLD_ASSIGN_OR_RETURN(module.bias, read_tensor(*file, "linear.bias", {n_out}));
  }
  for (const SafetensorsTensor& tensor : file->tensors()) {
    if (tensor.name == "linear.weight" || (has_bias && tensor.name == "linear.bias")) continue;
    return unsupported("tensor ", printable(tensor.name), ": expected linear.weight",
                       has_bias ? " and linear.bias" : "", " alone, found this one, which nothing would read");
  }
  return {};
}

}  // namespace

Result<DenseModule> read_dense_module(const Checkpoint& checkpoint, const std::string& path) {
  const std::string file = cat(printable(path), "/config.json");
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> json, checkpoint.read_object(path + "/config.json"));
  if (!json) return not_found(file, ": expected the sizes of a projection, found no file");
  const ConfigView config({&*json}, file);
  DenseModule module = {};
  TENFOLD_ASSIGN_OR_RETURN(module.n_in, config.integer({"in_features"}, 1, kMaxDenseDim));
  TENFOLD_ASSIGN_OR_RETURN(module.n_out, config.integer({"out_features"}, 1, kMaxDenseDim));
  if (std::int64_t{module.n_in} * module.n_out > kMaxElements) {
    return resource_exhausted(file, ": expected a projection of at most ", kMaxElements, " elements, found ",
                              module.n_out, " times ", module.n_in);
  }
  TENFOLD_ASSIGN_OR_RETURN(const bool has_bias, config.boolean({"bias"}, true));
  TENFOLD_ASSIGN_OR_RETURN(module.activation, activation_of(config, file));
  TENFOLD_RETURN_IF_ERROR(expect_plain_dense(config, file));
  if (!checkpoint.has(path + "/model.safetensors")) {
    const bool pickled = checkpoint.has(path + "/pytorch_model.bin");
    return not_found(printable(path), "/model.safetensors: expected a projection's weights, found ",
                     pickled ? "pytorch_model.bin; save the model again with safe_serialization=True" : "no file");
  }
  const Status read = read_weights(cat(checkpoint.folder(), path, "/model.safetensors"), has_bias, module);
  if (!read.ok()) return read.with_context(printable(path));
  return module;
}

}  // namespace tenfold
