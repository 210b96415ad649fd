#include "tokenizer/stream_decoder.h"

#include <utility>

#include "base/utf8.h"

namespace tenfold {

std::string StreamDecoder::append(TokenId id) {
  pending_ += tokenizer_->piece(id, special_);
  const std::size_t n = complete_utf8_prefix(pending_);
  std::string out = to_valid_utf8(std::string_view(pending_).substr(0, n));
  pending_.erase(0, n);
  return out;
}

std::string StreamDecoder::flush() { return to_valid_utf8(std::exchange(pending_, {})); }

}  // namespace tenfold
