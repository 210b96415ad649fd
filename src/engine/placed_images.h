// A prompt with images: tokens as the model takes them, and which of them are images.
#pragma once

#include <span>
#include <vector>

#include "model/vision/image_positions.h"
#include "tenfold/image.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

struct PlacedImage {
  int begin = 0;  // its first token
  ImageRef image;

  [[nodiscard]] int end() const { return begin + image->n_tokens(); }
};

struct PlacedPrompt {
  std::vector<TokenId> tokens;  // as many placeholders for each image as it has tokens
  std::vector<PlacedImage> images;
};

// prompt: with one placeholder for each image. Errors: kInvalidArgument if there are more or fewer of them.
Result<PlacedPrompt> place_images(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                  TokenId placeholder);

// Whether the same tokens are the same text as far as images go: up to which of the first n ≥ 0.
int common_prefix(std::span<const PlacedImage> a, std::span<const PlacedImage> b, int n);

// Where the tokens stand for rope. images: one after the other within them.
TextPositions text_positions(int n_tokens, std::span<const PlacedImage> images);

}  // namespace tenfold
