#include "engine/placed_images.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

[[maybe_unused]] bool lie_within(std::span<const PlacedImage> images, int n_tokens) {
  int end = 0;
  for (const PlacedImage& image : images) {
    if (image.begin < end) return false;
    end = image.end();
  }
  return end <= n_tokens;
}

}  // namespace

Result<PlacedPrompt> place_images(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                  TokenId placeholder) {
  const auto n_places = static_cast<std::size_t>(std::count(prompt.begin(), prompt.end(), placeholder));
  if (n_places != images.size()) {
    return invalid_argument("images: expected one for each of the prompt's ", n_places, " placeholders, found ",
                            images.size());
  }
  PlacedPrompt placed;
  for (const TokenId token : prompt) {
    if (token != placeholder) {
      placed.tokens.push_back(token);
      continue;
    }
    const ImageRef& image = images[placed.images.size()];
    if (image == nullptr) return invalid_argument("images: expected encoded images, found a null pointer");
    placed.images.push_back({static_cast<int>(placed.tokens.size()), image});
    placed.tokens.insert(placed.tokens.end(), static_cast<std::size_t>(image->n_tokens()), placeholder);
  }
  return placed;
}

int common_prefix(std::span<const PlacedImage> a, std::span<const PlacedImage> b, int n) {
  TENFOLD_DCHECK(n >= 0);
  const auto same = [](const PlacedImage& x, const PlacedImage& y) {
    return x.begin == y.begin && x.image->content_hash == y.image->content_hash;
  };
  const auto [first, second] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same);
  // The first image that only one of them has there.
  if (first != a.end()) n = std::min(n, first->begin);
  if (second != b.end()) n = std::min(n, second->begin);
  return n;
}

TextPositions text_positions(int n_tokens, std::span<const PlacedImage> images) {
  TENFOLD_DCHECK(lie_within(images, n_tokens));
  std::vector<ImageSpan> spans;
  for (const PlacedImage& image : images) spans.push_back({image.begin, image.image->rows, image.image->columns});
  return text_positions(n_tokens, spans);
}

}  // namespace tenfold
