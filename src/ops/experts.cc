#include "ops/experts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/mat_mul.h"
#include "ops/tile.h"

namespace tenfold {

namespace {

constexpr int kMaxPanels = 16;  // of one chunk

// In place: logits become scores.
void score(ExpertGating gating, float* logits, int n) {
  if (gating == ExpertGating::kSigmoid) {
    for (int i = 0; i < n; ++i) logits[i] = 1.0F / (1.0F + std::exp(-logits[i]));
    return;
  }
  const float max = *std::max_element(logits, logits + n);
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += logits[i] = std::exp(logits[i] - max);
  for (int i = 0; i < n; ++i) logits[i] /= sum;
}

// What experts are chosen by.
struct ChoiceScores {
  const float* scores;
  const float* bias;  // may be null

  // A score that is no number comes after all that are.
  float operator[](int expert) const {
    const float score = scores[expert] + (bias != nullptr ? bias[expert] : 0);
    return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
  }
};

// The experts of the largest scores, best first, the first of equals before the others. A heap of the best so far, its
// worst on top, takes their place: n_experts · log(n_used) at most, and no memory beside theirs.
void keep_best(const ChoiceScores& scores, int n_experts, std::span<ExpertChoice> best) {
  const auto comes_first = [](const ExpertChoice& a, const ExpertChoice& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.expert < b.expert;
  };
  const int n_used = static_cast<int>(best.size());
  for (int i = 0; i < n_used; ++i) best[static_cast<std::size_t>(i)] = {i, scores[i]};
  std::make_heap(best.begin(), best.end(), comes_first);
  for (int i = n_used; i < n_experts; ++i) {
    const ExpertChoice choice{i, scores[i]};
    if (!comes_first(choice, best.front())) continue;
    std::pop_heap(best.begin(), best.end(), comes_first);
    best.back() = choice;
    std::push_heap(best.begin(), best.end(), comes_first);
  }
  std::sort_heap(best.begin(), best.end(), comes_first);
}

void choose(const ExpertRouting& r, const float* choice_bias, const float* scores, std::span<ExpertChoice> choices) {
  keep_best({scores, choice_bias}, r.n_experts, choices);
  float sum = 0;
  for (ExpertChoice& choice : choices) sum += choice.weight = scores[choice.expert];
  constexpr float kNotZero = 1e-20F;
  for (ExpertChoice& choice : choices) {
    if (r.normalize) choice.weight /= sum + kNotZero;
    choice.weight *= r.scale;
  }
}

}  // namespace

ExpertSchedule::ExpertSchedule(std::byte* memory, int n_tokens, int n_experts, int n_used)
    : n_experts_(n_experts), n_used_(n_used), n_slots_(n_tokens * n_used) {
  TENFOLD_DCHECK(n_used > 0 && n_used <= n_experts);
  if (n_slots_ == 0) return;  // no token has no memory
  choices_ = reinterpret_cast<ExpertChoice*>(memory);
  slots_ = reinterpret_cast<std::int32_t*>(choices_ + n_slots_);
  tokens_ = slots_ + n_slots_;
  active_ = tokens_ + n_slots_;
  begin_ = active_ + 1 + n_experts;
}

void ExpertSchedule::assign_slots() const {
  if (n_slots_ == 0) return;
  std::fill_n(begin_, n_experts_ + 1, 0);
  for (int i = 0; i < n_slots_; ++i) ++begin_[choices_[i].expert + 1];
  active_[0] = 0;
  for (int e = 0; e < n_experts_; ++e) {
    if (begin_[e + 1] > 0) active_[++active_[0]] = e;
    begin_[e + 1] += begin_[e];
  }
  // begin_[e] runs through expert e's slots and ends where the next one's begin, so it is put back by one expert.
  for (int i = 0; i < n_slots_; ++i) {
    const std::int32_t slot = begin_[choices_[i].expert]++;
    slots_[i] = slot;
    tokens_[slot] = i / n_used_;
  }
  std::copy_backward(begin_, begin_ + n_experts_, begin_ + n_experts_ + 1);
  begin_[0] = 0;
}

void route(OpContext& ctx, const ExpertRouting& routing, const float* choice_bias, const Rows& logits,
           const ExpertSchedule& schedule) {
  TENFOLD_DCHECK(logits.width == routing.n_experts && schedule.n_used() == routing.n_used);
  parallel_rows(ctx, logits.n_tokens, [&](int, int t) noexcept {
    score(routing.gating, logits.row(t), routing.n_experts);
    choose(routing, choice_bias, logits.row(t), schedule.choices(t));
  });
  if (!ctx.cancelled()) schedule.assign_slots();  // a choice that was not made is no index
}

void to_slots(OpContext& ctx, const ExpertSchedule& schedule, const Activations& in, std::byte* out) {
  TENFOLD_DCHECK(in.n_tokens * schedule.n_used() == schedule.n_slots());
  parallel_rows(ctx, schedule.n_slots(), [&](int, int slot) noexcept {
    std::memcpy(out + static_cast<std::size_t>(slot) * in.stride_bytes, in.row(schedule.token_of(slot)),
                in.stride_bytes);
  });
}

void expert_project(OpContext& ctx, const ExpertSchedule& schedule, const Activations& in, const PackedExperts& experts,
                    const Rows& out) {
  TENFOLD_DCHECK(in.width == experts.first.k && out.width == experts.first.n);
  TENFOLD_DCHECK(in.n_tokens == schedule.n_slots() && out.n_tokens == schedule.n_slots());
  const PackedMatrix& shape = experts.first;
  const int n_active = static_cast<int>(schedule.active().size());
  if (n_active == 0) return;
  const int wanted = (chunks_for(ctx, n_active * shape.n_panels()) + n_active - 1) / n_active;
  const int n_groups = std::max(wanted, (shape.n_panels() + kMaxPanels - 1) / kMaxPanels);
  ctx.parallel(n_active * n_groups, [&](int, int chunk) noexcept {
    const int expert = schedule.active()[static_cast<std::size_t>(chunk / n_groups)];
    const ChunkRange panels = chunk_range(shape.n_panels(), n_groups, chunk % n_groups);
    if (panels.begin == panels.end) return;
    const PackedMatrix matrix = experts.expert(expert);
    const ChunkRange slots = schedule.slots_of(expert);
    for_token_tiles(ctx, slots.end - slots.begin, [&](int t, int n) {
      const int first = slots.begin + t;
      const Rows y{out.row(first) + panels.begin * shape.panel_rows, out.stride, n, out.width};
      mat_mul_panels(*ctx.kernels, in, first, matrix, {panels.begin, panels.end}, y);
    });
  });
}

void from_slots(OpContext& ctx, const ExpertSchedule& schedule, const Rows& in, const Rows& y) {
  TENFOLD_DCHECK(in.width == y.width && in.n_tokens == schedule.n_slots());
  parallel_rows(ctx, y.n_tokens, [&](int, int t) noexcept {
    const std::span<const ExpertChoice> choices = schedule.choices(t);
    for (int j = 0; j < schedule.n_used() && !ctx.cancelled(); ++j) {
      float* row = in.row(schedule.slot(t, j));
      ctx.kernels->scale(row, choices[static_cast<std::size_t>(j)].weight, y.width);
      ctx.kernels->add(y.row(t), row, y.width);
    }
  });
}

}  // namespace tenfold
