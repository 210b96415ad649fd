#include "convert/convert.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "convert/checkpoint.h"
#include "convert/checkpoint_tensors.h"
#include "convert/conversion.h"
#include "convert/family.h"
#include "convert/folder_faults.h"
#include "convert/generation_config.h"
#include "convert/sentence_keys.h"
#include "convert/vocab/tokenizer_keys.h"
#include "model/bound_model.h"
#include "model_file/atomic_file.h"
#include "model_file/gguf/gguf_header.h"
#include "model_file/gguf/write_gguf.h"
#include "tensor/quantize.h"

namespace tenfold {

namespace {

// general.file_type: what most matrices are.
std::uint32_t file_type(DType type) {
  switch (type) {
    case DType::kF16: return 1;
    case DType::kQ4_0: return 2;
    case DType::kQ8_0: return 7;
    case DType::kBF16: return 32;
    default: return 0;
  }
}

// The type of the first matrix; config.json's word for it is often wrong.
Result<DType> stored_type(const Checkpoint& checkpoint) {
  for (const Checkpoint::Named& named : checkpoint.tensors()) {
    if (named.tensor->shape.size() >= 2) return named.tensor->dtype();
  }
  return corrupt_data("expected a checkpoint with matrices, found none");
}

Status expect_plain_weights(const Json& config) {
  const Json* quantization = config.find("quantization_config");
  if (quantization == nullptr || !quantization->is_object()) return {};
  TENFOLD_ASSIGN_OR_RETURN(const std::string method,
                           ConfigView({quantization}).string({"quant_method"}, "an unknown method"));
  return unsupported("config.json: expected weights as they were trained, found them quantised by ", printable(method),
                     "; convert the original checkpoint, with --type for a smaller file");
}

// Holds a file's tensors to those that the model binds which will read it.
Status fit_to_model(Conversion& c) {
  std::vector<GgufEntry> keys;
  for (const GgufEntry& entry : c.metadata()) {
    if (!entry.key.starts_with("tokenizer.")) keys.push_back(entry);
  }
  const FileSketch sketch = {.has = [&](std::string_view name) { return c.describes(name); },
                             .n_rows = [&](std::string_view name) { return c.n_rows(name); }};
  const auto wanted = list_tensors(GgufMetadata(std::move(keys)), sketch);
  if (!wanted.ok()) return wanted.status().with_context("the file would not load");
  return c.fit(*wanted);
}

// Describes one of the files, headers only.
class Describer {
 public:
  Describer(const Checkpoint& checkpoint, const ConvertOptions& options) : checkpoint_(checkpoint), options_(options) {}

  Result<Conversion> text(DType type) const {
    TENFOLD_ASSIGN_OR_RETURN(const Family* family, find_text_family(checkpoint_.config()));
    TENFOLD_ASSIGN_OR_RETURN(GenerationConfig generation, read_generation_config(checkpoint_));
    TENFOLD_ASSIGN_OR_RETURN(Conversion c, describe(*family, "model", type, generation));
    TENFOLD_ASSIGN_OR_RETURN(
        TokenizerKeys tokenizer,
        read_tokenizer_keys(checkpoint_, static_cast<std::uint32_t>(c.sizes.vocab_size), options_.pre));
    for (GgufEntry& entry : tokenizer.entries) c.set_global(std::move(entry.key), std::move(entry.value));
    for (std::string& note : generation.notes) c.note(std::move(note));
    for (std::string& note : tokenizer.notes) c.note(std::move(note));
    TENFOLD_RETURN_IF_ERROR(write_sentence_keys(c));
    for (std::string& note : notes_on_folder(checkpoint_.folder())) c.note(std::move(note));
    TENFOLD_RETURN_IF_ERROR(fit_to_model(c));
    return c;
  }

  Result<Conversion> vision(DType type) const {
    TENFOLD_ASSIGN_OR_RETURN(const Family* family, find_vision_family(checkpoint_.config()));
    TENFOLD_ASSIGN_OR_RETURN(GenerationConfig generation, read_generation_config(checkpoint_));
    TENFOLD_ASSIGN_OR_RETURN(Conversion c, describe(*family, "mmproj", type, generation));
    TENFOLD_RETURN_IF_ERROR(fit_to_model(c));
    return c;
  }

 private:
  Result<Conversion> describe(const Family& family, const char* kind, DType type, GenerationConfig& generation) const {
    Conversion c(checkpoint_, ConfigView::of_text(checkpoint_.config()), std::string(family.architecture), type);
    c.set_global("general.architecture", GgufScalar(std::string(family.architecture)));
    c.set_global("general.type", GgufScalar(std::string(kind)));
    c.set_global("general.name", GgufScalar(options_.name.empty() ? checkpoint_.name() : options_.name));
    c.set_global("general.file_type", GgufScalar(file_type(type)));
    c.set_global("general.quantization_version", GgufScalar(std::uint32_t{2}));
    for (GgufEntry& entry : sampling_keys(generation)) c.set_global(std::move(entry.key), std::move(entry.value));
    TENFOLD_RETURN_IF_ERROR(family.describe(c));
    TENFOLD_RETURN_IF_ERROR(c.expect_all_taken());
    return c;
  }

  const Checkpoint& checkpoint_;
  const ConvertOptions& options_;
};

// Where a file is or will be, whatever its path is spelled like.
std::filesystem::path place_of(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
}

// Before the work begins: files to write are two, and neither takes the place of what is not GGUF, a checkpoint's
// weights, say.
Status expect_outputs(const ConvertOptions& options) {
  TENFOLD_RETURN_IF_ERROR(expect_same_kind(options.out, kGgufMagic, "a GGUF file"));
  if (options.mmproj.empty()) return {};
  TENFOLD_RETURN_IF_ERROR(expect_same_kind(options.mmproj, kGgufMagic, "a GGUF file"));
  if (place_of(options.mmproj) != place_of(options.out)) return {};
  return invalid_argument("mmproj: expected another file than the model's, found ", printable(options.mmproj, 1024));
}

GgufMetadata take_metadata(Conversion& c) { return GgufMetadata(std::move(c.metadata())); }

void add_file(const Conversion& c, const GgufWriter& file, ConvertReport& report) {
  report.n_tensors += file.tensors().size();
  for (const GgufTensor& tensor : file.tensors()) report.n_bytes += tensor.n_bytes;
  report.notes.insert(report.notes.end(), c.notes().begin(), c.notes().end());
}

Result<ConvertReport> convert(const ConvertOptions& options, const std::function<bool(double)>& on_progress) {
  TENFOLD_RETURN_IF_ERROR(expect_outputs(options));
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Checkpoint> checkpoint, Checkpoint::open(options.folder));
  TENFOLD_RETURN_IF_ERROR(expect_plain_weights(checkpoint->config()));
  TENFOLD_ASSIGN_OR_RETURN(const DType stored, stored_type(*checkpoint));
  const DType type = options.type.value_or(stored);
  const DType tower_type = options.mmproj_type.value_or(is_quantized(type) ? DType::kQ8_0 : type);
  for (const DType asked : {type, tower_type}) {
    if (!can_quantize(asked)) return unsupported("type: expected a simple one, found ", dtype_traits(asked).name);
  }
  const Describer describer(*checkpoint, options);
  TENFOLD_ASSIGN_OR_RETURN(Conversion text, describer.text(type));
  std::optional<Conversion> tower;
  if (!options.mmproj.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(tower, describer.vision(tower_type));
  }
  CheckpointTensors text_tensors(checkpoint->weights(), text.recipes());
  CheckpointTensors tower_tensors(checkpoint->weights(), tower ? tower->recipes() : std::span<const TensorRecipe>());
  WriteProgress progress("convert", on_progress);
  progress.expect(text_tensors);
  progress.expect(tower_tensors);
  TENFOLD_ASSIGN_OR_RETURN(const auto model_file, write_gguf(options.out, take_metadata(text), text_tensors, progress));
  ConvertReport report = {text.architecture(), type, 0, 0, {}};
  add_file(text, *model_file, report);
  std::unique_ptr<GgufWriter> tower_file;
  if (tower) {
    TENFOLD_ASSIGN_OR_RETURN(tower_file, write_gguf(options.mmproj, take_metadata(*tower), tower_tensors, progress));
    add_file(*tower, *tower_file, report);
  }
  TENFOLD_RETURN_IF_ERROR(model_file->finish());  // a fault in the tower leaves neither file
  if (tower_file) TENFOLD_RETURN_IF_ERROR(tower_file->finish());
  return report;
}

}  // namespace

Result<ConvertReport> convert_checkpoint(const ConvertOptions& options,
                                         const std::function<bool(double)>& on_progress) {
  return guard([&] { return convert(options, on_progress); });
}

}  // namespace tenfold
