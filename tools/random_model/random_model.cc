#include "random_model.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "base/error.h"
#include "model_file/gguf/write_gguf.h"
#include "random_blocks.h"

namespace tenfold::random_model {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr int kMaxTokens = 1 << 20;
constexpr float kBiasRms = 0.1F;
constexpr std::int32_t kUnusedToken = 5;  // tokenizer.ggml.token_type

// Appends to the array `key` until it has n elements; element(i) makes one. A key that is not there stays away.
template <typename T, typename Element>
void pad_array(std::vector<GgufEntry>& entries, std::string_view key, std::size_t n, Element&& element) {
  for (GgufEntry& entry : entries) {
    auto* array = entry.key == key ? std::get_if<GgufArray>(&entry.value) : nullptr;
    auto* items = array != nullptr ? std::get_if<std::vector<T>>(array) : nullptr;
    while (items != nullptr && items->size() < n) items->push_back(element(items->size()));
  }
}

// The tokenizer's entries of a file, with n_tokens tokens; 0: as many as there are, which it is set to.
Result<std::vector<GgufEntry>> read_vocabulary(const std::string& path, int& n_tokens) {
  if (n_tokens < 0 || n_tokens > kMaxTokens) {
    return invalid_argument("tokens: expected 0…", kMaxTokens, ", found ", n_tokens);
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(path));
  TENFOLD_ASSIGN_OR_RETURN(const auto tokens, file->metadata().strings("tokenizer.ggml.tokens"));
  if (n_tokens == 0) n_tokens = static_cast<int>(tokens.size());
  const auto n = static_cast<std::size_t>(n_tokens);
  if (tokens.size() > n) {
    return invalid_argument(printable(path), ": expected at most ", n, " tokens, found ", tokens.size());
  }
  std::vector<GgufEntry> entries;
  for (const GgufEntry& entry : file->metadata().entries()) {
    if (!entry.key.starts_with("tokenizer.")) continue;
    entries.push_back({entry.key, {}});
    TENFOLD_ASSIGN_OR_RETURN(entries.back().value, in_memory(entry.value));
  }
  pad_array<std::string>(entries, "tokenizer.ggml.tokens", n, [](std::size_t i) { return cat("<unused", i, ">"); });
  pad_array<std::int32_t>(entries, "tokenizer.ggml.token_type", n, [](std::size_t) { return kUnusedToken; });
  pad_array<float>(entries, "tokenizer.ggml.scores", n, [](std::size_t) { return -1e4F; });
  return entries;
}

Result<std::vector<GgufTensor>> describe_tensors(const ModelPlan& plan, const ModelSizes& sizes,
                                                 const Mixture& mixture) {
  std::vector<GgufTensor> tensors;
  for (const PlannedTensor& planned : plan.tensors) {
    TENFOLD_ASSIGN_OR_RETURN(const DType type, mixture.type_of(planned, sizes));
    const int n_dims = planned.is_vector() ? 1 : planned.n_matrices > 1 ? 3 : 2;
    tensors.push_back({planned.name,
                       dtype_traits(type).ggml_id,
                       n_dims,
                       {planned.n_columns, planned.n_rows, planned.n_matrices, 1},
                       0,
                       0,
                       0});
  }
  return tensors;
}

class RandomTensors final : public TensorSource {
 public:
  // tensors: those of the plan, with their types.
  RandomTensors(const ModelPlan& plan, std::vector<GgufTensor> tensors, std::uint64_t seed)
      : plan_(plan), tensors_(std::move(tensors)), random_(seed) {}

  [[nodiscard]] std::vector<GgufTensor> tensors() const override { return tensors_; }

  Status stream(std::size_t i, const Sink& sink) override {
    const PlannedTensor& planned = plan_.tensors[i];
    TENFOLD_ASSIGN_OR_RETURN(const DType type, tensors_[i].dtype());
    const DTypeTraits& traits = dtype_traits(type);
    std::vector<std::byte> piece(kPieceBytes / traits.block_bytes * traits.block_bytes);
    // An embedding is not multiplied but looked up.
    const auto n_summed = planned.role == Role::kEmbedding ? 1 : planned.n_columns;
    const float rms = planned.role == Role::kBias ? kBiasRms : 1 / std::sqrt(static_cast<float>(n_summed));
    const auto n_elements = static_cast<std::int64_t>(tensors_[i].n_elements());
    for (std::size_t left = row_bytes(type, n_elements); left > 0;) {
      const auto out = std::span(piece).first(std::min(left, piece.size()));
      if (planned.role == Role::kNorm) {
        random_.fill_norm(out);
      } else {
        random_.fill(type, rms, out);
      }
      TENFOLD_RETURN_IF_ERROR(sink(out));
      left -= out.size();
    }
    return {};
  }

 private:
  const ModelPlan& plan_;
  std::vector<GgufTensor> tensors_;
  RandomBlocks random_;
};

}  // namespace

Status write_random_model(const RandomModel& model, const std::string& path) {
  ModelSizes sizes = model.sizes;
  TENFOLD_ASSIGN_OR_RETURN(const Mixture mixture, Mixture::from_name(model.type));
  TENFOLD_ASSIGN_OR_RETURN(std::vector<GgufEntry> vocabulary, read_vocabulary(model.vocab_from, sizes.vocab_size));
  TENFOLD_ASSIGN_OR_RETURN(ModelPlan plan, plan_model(model.family, sizes));
  TENFOLD_ASSIGN_OR_RETURN(std::vector<GgufTensor> tensors, describe_tensors(plan, sizes, mixture));
  plan.metadata.push_back({"general.name", GgufScalar(cat("random ", model.type, ", seed ", model.seed))});
  std::move(vocabulary.begin(), vocabulary.end(), std::back_inserter(plan.metadata));
  GgufMetadata metadata(std::move(plan.metadata));
  RandomTensors source(plan, std::move(tensors), model.seed);
  WriteProgress progress("random model", nullptr);
  TENFOLD_ASSIGN_OR_RETURN(const auto file, write_gguf(path, std::move(metadata), source, progress));
  return file->finish();
}

}  // namespace tenfold::random_model
