// Pictures as text: base64 (RFC 4648) and data: URLs (RFC 2397). Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tenfold/status.h"

namespace tenfold {

// Strict: the standard alphabet, padded, no spaces or line ends, unused bits zero.
// Errors: kInvalidArgument with the offset of what is wrong.
Result<std::vector<std::byte>> decode_base64(std::string_view text);

inline bool is_data_url(std::string_view text) { return text.starts_with("data:"); }

// "data:image/png;base64,iVBOR…": the bytes. What they are is seen by the decoder; the media type need only be an
// image. Errors: kInvalidArgument.
Result<std::vector<std::byte>> decode_image_url(std::string_view url);

}  // namespace tenfold
