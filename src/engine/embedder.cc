#include "engine/embedder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "engine/not_finite.h"
#include "tensor/number_scan.h"

namespace tenfold {

namespace {

void normalize(std::vector<float>& vector) {
  double square = 0;
  for (const float x : vector) square += static_cast<double>(x) * x;
  if (square == 0) return;
  const double factor = 1.0 / std::sqrt(square);
  for (float& x : vector) x = static_cast<float>(x * factor);
}

}  // namespace

Result<std::vector<float>> Embedder::embed(std::span<const TokenId> tokens, const EmbedOptions& options) {
  if (tokens.empty()) return invalid_argument("text: expected at least one token, found none");
  if (tokens.size() > static_cast<std::size_t>(max_tokens_)) {
    return invalid_argument("text: expected at most ", max_tokens_, " tokens, found ", tokens.size(), "; shorten it",
                            model_.model->spec().causal() ? ", ask for a larger context" : "", " or have it cut");
  }
  const std::atomic<bool>& cancel = flag_or_never(options.cancel);
  TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn mine, texts_.take(nullptr, cancel));
  TENFOLD_ASSIGN_OR_RETURN(const MemoryPlace place, memory_.take_text_place());
  TENFOLD_ASSIGN_OR_RETURN(std::vector<float> vector,
                           pooled(tokens, options.pooling.value_or(model_.default_pooling()), cancel));
  const bool came_packed = model_.model->came_packed();
  if (!all_finite(vector)) return not_finite("vector", came_packed);  // an activation could hide it
  vector = model_.model->vector_head().apply(std::move(vector));
  if (!all_finite(vector)) return not_finite("vector", came_packed);
  if (options.normalize) normalize(vector);
  return vector;
}

// Sums over tokens are formed in their order, so that they do not depend on the steps.
Result<std::vector<float>> Embedder::pooled(std::span<const TokenId> tokens, Pooling pooling,
                                            const std::atomic<bool>& cancel) {
  const auto dim = static_cast<std::size_t>(model_.model->spec().model_dim);
  const std::size_t n_tokens = tokens.size();
  KvSequence kv(*model_.kv_pool, max_tokens_);
  std::vector<float> rows;
  std::vector<double> sum(dim);
  do {
    TENFOLD_RETURN_IF_ERROR(turns_.in_turn(cancel, [&]() -> Status {
      const std::size_t n = std::min(tokens.size(), model_.step_limit(turns_));
      const bool last = n == tokens.size();
      const Outputs outputs = pooling != Pooling::kLast ? Outputs::kAll : last ? Outputs::kLast : Outputs::kNone;
      rows.resize(outputs == Outputs::kAll ? n * dim : outputs == Outputs::kLast ? dim : 0);
      TENFOLD_RETURN_IF_ERROR(model_.run({&kv, tokens.first(n), outputs}, rows, cancel, OutputKind::kHidden));
      tokens = tokens.subspan(n);
      return {};
    }));
    if (pooling == Pooling::kCls) break;  // the first token's is the first
    if (pooling == Pooling::kMean) {
      for (std::size_t i = 0; i < rows.size(); ++i) sum[i % dim] += rows[i];
    }
  } while (!tokens.empty());
  if (pooling != Pooling::kMean) {
    rows.resize(dim);
    return rows;
  }
  std::vector<float> mean;
  for (const double x : sum) mean.push_back(static_cast<float>(x / static_cast<double>(n_tokens)));
  return mean;
}

}  // namespace tenfold
