#include "engine/cached_text.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

namespace {

// The next prompt of a conversation is this one with the answer, or departs from it in the marks that begin the answer,
// where templates show an answer's thoughts once. So a little before its end is the place to find back to.
constexpr int kAnswerMarks = 16;

}  // namespace

CachedText::CachedText(BatchScheduler::Client& turns, ServedModel& model, int max_tokens)
    : turns_(turns), model_(model), kv_(*model.kv_pool, max_tokens) {
  TENFOLD_DCHECK(max_tokens >= 1);
  tokens_.reserve(static_cast<std::size_t>(max_tokens));
}

int CachedText::keep_prefix(std::span<const TokenId> tokens, std::span<const PlacedImage> images, int limit) {
  TENFOLD_DCHECK(limit >= 0);
  const auto [mine, theirs] = std::mismatch(tokens_.begin(), tokens_.end(), tokens.begin(), tokens.end());
  int n = std::min(common_prefix(images_, images, static_cast<int>(mine - tokens_.begin())), limit);
  n = kv_.truncate(n);
  tokens_.resize(static_cast<std::size_t>(n));
  images_.assign(images.begin(), images.end());
  if (has_images()) positions_ = text_positions(static_cast<int>(tokens.size()), images_);
  return n;
}

// An image is left whole or not at all, so where the model lands within one it is to go back further.
int CachedText::truncate(int n) {
  TENFOLD_DCHECK(n >= 0 && n <= n_tokens());
  for (;;) {
    const int whole = without_cut_image(n);
    n = kv_.truncate(whole);
    if (n == whole) break;
  }
  tokens_.resize(static_cast<std::size_t>(n));
  return n;
}

// The largest number up to n behind which no image goes on; forgets the images behind it.
int CachedText::without_cut_image(int n) {
  // The answer's tokens, which come and go, are behind all that has to be looked at.
  if (!has_images() || n >= static_cast<int>(positions_.positions.size())) return n;
  while (has_images() && images_.back().end() > n) {
    n = std::min(n, images_.back().begin);
    images_.pop_back();
  }
  positions_ = text_positions(n, images_);
  return n;
}

void CachedText::replace(std::span<const TokenId> tokens, std::vector<PlacedImage> images, KvSequence& kv) {
  TENFOLD_DCHECK(tokens.size() == static_cast<std::size_t>(kv.n_tokens()));
  if (!images.empty()) positions_ = text_positions(kv.n_tokens(), images);
  kv_.swap(kv);
  tokens_.assign(tokens.begin(), tokens.end());
  images_ = std::move(images);
}

const float* CachedText::row_at(int index) const {
  const auto after = std::upper_bound(images_.begin(), images_.end(), index,
                                      [](int i, const PlacedImage& image) { return i < image.begin; });
  if (after == images_.begin()) return nullptr;
  const PlacedImage& image = *(after - 1);
  if (index >= image.end()) return nullptr;
  const auto width = static_cast<std::size_t>(model_.model->spec().model_dim);
  return image.image->values->data() + static_cast<std::size_t>(index - image.begin) * width;
}

void CachedText::prepare_step(int n, BatchSequence& sequence) {
  step_positions_.clear();
  step_rows_.clear();
  const int n_placed = static_cast<int>(positions_.positions.size());
  for (int index = n_tokens(); index < n_tokens() + n; ++index) {
    if (index < n_placed) {
      step_positions_.push_back(positions_.positions[static_cast<std::size_t>(index)]);
    } else {
      const int position = positions_.next + index - n_placed;
      step_positions_.push_back({position, position, position});
    }
    step_rows_.push_back(row_at(index));
  }
  sequence.positions = step_positions_;
  sequence.input_rows = step_rows_;
}

Status CachedText::run(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits, int mark,
                       const std::atomic<bool>& cancel) {
  BatchSequence sequence{.kv = &kv_, .tokens = tokens, .outputs = outputs, .mark = mark};
  if (has_images()) prepare_step(static_cast<int>(tokens.size()), sequence);
  TENFOLD_RETURN_IF_ERROR(model_.run(sequence, logits, cancel));
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return {};
}

Status CachedText::step(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits,
                        const std::atomic<bool>& cancel) {
  TENFOLD_DCHECK(tokens.size() <= static_cast<std::size_t>(max_step_tokens()));
  return turns_.in_turn(cancel, [&] { return run(tokens, outputs, logits, /*mark=*/0, cancel); });
}

int CachedText::mark_within(std::size_t n, std::size_t n_left) const {
  const int mark = static_cast<int>(n_left) - kAnswerMarks;
  return mark > 0 && mark <= static_cast<int>(n) ? mark : 0;
}

Status CachedText::feed_all(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel) {
  do {
    TENFOLD_RETURN_IF_ERROR(turns_.in_turn(cancel, [&]() -> Status {
      const std::size_t n = std::min(tokens.size(), model_.step_limit(turns_));
      const bool last = n == tokens.size();
      TENFOLD_RETURN_IF_ERROR(run(tokens.first(n), last ? Outputs::kLast : Outputs::kNone,
                                  last ? logits : std::span<float>(), mark_within(n, tokens.size()), cancel));
      tokens = tokens.subspan(n);
      return {};
    }));
  } while (!tokens.empty());
  return {};
}

Status CachedText::feed(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel) {
  TENFOLD_DCHECK(!tokens.empty());
  TENFOLD_DCHECK(logits.size() == static_cast<std::size_t>(model_.model->spec().vocab_size));
  Status status = feed_all(tokens, logits, cancel);
  if (!status.ok()) truncate(n_tokens());
  return status;
}

}  // namespace tenfold
