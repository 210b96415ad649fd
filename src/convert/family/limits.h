// How large the sizes of text models in config.json may be: beyond any there is, and safe to compute with.
#pragma once

namespace tenfold {

inline constexpr int kMaxSize = 1 << 24;
inline constexpr int kMaxHeads = 4096;
inline constexpr int kMaxLayers = 1024;
inline constexpr int kMaxPositions = 1 << 28;
inline constexpr int kMaxExperts = 4096;

}  // namespace tenfold
