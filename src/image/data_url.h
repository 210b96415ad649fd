// Images as text: data: URLs and base64, read as browsers do (WHATWG's URL, "data: URL processor" and
// "forgiving-base64 decode"). Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tenfold/status.h"

namespace tenfold {

// The standard alphabet (RFC 4648) with white space anywhere, as Android's Base64.DEFAULT breaks lines; padding may be
// left out, but not be wrong; bits that no byte needs are ignored.
// Errors: kInvalidArgument with the offset of what is wrong; kResourceExhausted past kMaxImageBytes.
Result<std::vector<std::byte>> decode_base64(std::string_view text);

bool is_data_url(std::string_view text);

// "data:image/png;base64,iVBOR…", or its bytes as they are, some as %XX: the bytes. What they are is seen by the
// decoder, whatever the media type says. Errors: as decode_base64, with an offset in the URL.
Result<std::vector<std::byte>> decode_data_url(std::string_view url);

}  // namespace tenfold
