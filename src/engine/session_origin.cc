#include "engine/session_origin.h"

#include <algorithm>

#include "base/error.h"
#include "model_file/byte_sum.h"

namespace tenfold {

namespace {

constexpr std::size_t kSummedBytes = std::size_t{32} << 20;  // between two looks at whether to stop
constexpr std::size_t kMaxLineBytes = 256;                   // of a message

const char* name_of(kernels::KvType type) {
  switch (type) {
    case kernels::KvType::kF32: return "f32";
    case kernels::KvType::kF16: return "f16";
    case kernels::KvType::kQ8_0: return "q8_0";
  }
  return "unknown";
}

// Whether windows give blocks back depends on the context.
std::string describe(const KvLayout& kv) {
  std::string all = name_of(kv.type);
  for (const KvClassLayout& its : kv.classes) {
    all += cat(", ", its.of.n_layers, " layers of ", its.of.n_kv_heads, " heads of ", its.of.head_dim, " in ",
               its.block_bytes, " bytes", its.gives_back ? cat(", window ", its.of.window) : "");
  }
  if (kv.state.is_used()) {
    all += cat(", ", kv.state.of.n_layers, " states of ", kv.state.n_needed(), " by ", kv.state.of.width);
  }
  return cat(all, ", version ", kernels::kKvVersion);
}

// Some models turn by other angles in long contexts.
std::string describe_contexts(const ArchSpec& spec, int n_ctx) {
  if (spec.short_ctx == 0) return "all alike";
  return cat(n_ctx > spec.short_ctx ? "beyond " : "up to ", spec.short_ctx, " tokens");
}

std::string_view take_line(std::string_view& lines) {
  const std::string_view line = lines.substr(0, lines.find('\n'));
  lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  return line;
}

}  // namespace

Result<std::uint64_t> SessionOrigin::weights_sum(const std::atomic<bool>& cancel) {
  {
    const MutexLock lock(mutex_);
    if (weights_sum_) return *weights_sum_;
  }
  std::uint64_t sum = 0;  // two callers at once get the same
  for (std::span<const std::byte> rest = model_.model->packed_weights(); !rest.empty();) {
    if (cancel) return cancelled("the session's weights were not summed up");
    const auto piece = rest.first(std::min(rest.size(), kSummedBytes));
    sum = byte_sum(piece, sum);
    rest = rest.subspan(piece.size());
  }
  const MutexLock lock(mutex_);
  weights_sum_ = sum;
  return sum;
}

Result<std::string> SessionOrigin::lines(int n_images, const std::atomic<bool>& cancel) {
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t weights, weights_sum(cancel));
  const Model& model = *model_.model;
  // An instruction set packs weights in its own way: it comes first, as its difference is the one to be told.
  std::string lines = cat("instruction set: ", model.kernels().isa, "\n");
  lines += cat("model: ", printable(info_.name), " (", model.content_sum(), " ", weights, ")\n");
  lines += cat("precision: ", model.precision() == Precision::kExact ? "exact" : "fast", "\n");
  lines += cat("keys and values: ", describe(model_.kv), "\n");
  lines += cat("contexts: ", describe_contexts(model.spec(), info_.n_ctx), "\n");
  if (n_images > 0) lines += cat("vision tower: ", tower_ != nullptr ? cat(tower_->content_sum()) : "none", "\n");
  return lines;
}

Status expect_same_origin(std::string_view expected, std::string_view found) {
  while (!expected.empty() || !found.empty()) {
    const std::string_view mine = take_line(expected), its = take_line(found);
    if (mine == its) continue;
    return failed_precondition("expected a session saved with ", printable(mine, kMaxLineBytes), ", found ",
                               printable(its, kMaxLineBytes),
                               "; open the model as it was then, or begin the text anew");
  }
  return {};
}

}  // namespace tenfold
