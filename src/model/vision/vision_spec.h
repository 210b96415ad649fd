// VisionSpec: what kind of vision tower an mmproj file holds. Sizes and limits; what is there or not, the tensors say.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "image/target_size.h"
#include "model/arch_spec.h"

namespace tenfold {

// Patches that become one token lie in squares of this side.
inline constexpr int kMergeSide = 2;
inline constexpr int kMergedPatches = kMergeSide * kMergeSide;

// The tokens that say where in a text an image stands: the placeholder, which as many rows take the place of as the
// image has tokens, between two that stay.
struct ImageTexts {
  std::string_view begin, placeholder, end;
};

// Classes of keys and values: layers in which every patch sees all, and those in which it sees its window. A layer
// writes before it reads, so that all take the same place in turn.
inline constexpr int kWholeImage = 0, kWindows = 1;

struct VisionSpec {
  std::string projector;                           // clip.projector_type
  ArchSpec encoder;                                // the transformer over patches
  int patch_side = 14;                             // pixels
  int out_dim = 0;                                 // width of the text model that the rows are for
  int window_side = 0;                             // patches of one window see each other only; 0: all see all
  int full_interval = 1;                           // every so many layers one in which all see all in spite of windows
  std::array<float, 3> mean = {}, deviation = {};  // of each channel, of values 0…1
  TargetSizeRule size_rule;
  ImageTexts texts;

  // Layers count from 0.
  [[nodiscard]] bool sees_all(int layer) const { return window_side == 0 || (layer + 1) % full_interval == 0; }
};

}  // namespace tenfold
