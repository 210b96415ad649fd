// Text as pre-tokenizers see it: code points with their classes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel_latch.h"
#include "base/contracts.h"
#include "tokenizer/unicode_class.h"

namespace tenfold {

// A code point, up to U+10FFFF, and its class in four bytes: prompts can be long.
class Char {
 public:
  explicit Char(char32_t code_point)
      : bits_(static_cast<std::uint32_t>(code_point) | static_cast<std::uint32_t>(tenfold::char_class(code_point))
                                                           << 21) {
    TENFOLD_DCHECK(code_point <= 0x10FFFF);
  }

  [[nodiscard]] char32_t code_point() const noexcept { return bits_ & 0x1FFFFF; }
  [[nodiscard]] CharClass char_class() const noexcept { return static_cast<CharClass>(bits_ >> 21); }
  [[nodiscard]] bool is(char32_t code_point) const noexcept { return this->code_point() == code_point; }
  [[nodiscard]] bool is(CharClass char_class) const noexcept { return this->char_class() == char_class; }

 private:
  std::uint32_t bits_;
};

// A view of characters that carries the caller's wish to stop along: a scan over very many of them looks at it, and
// leaves early with a result that means nothing.
class Chars {
 public:
  static constexpr std::size_t kBetweenLooks = 1 << 16;

  Chars(const std::vector<Char>& chars, CancelLatch* cancel = nullptr) : chars_(chars), cancel_(cancel) {}

  [[nodiscard]] std::size_t size() const noexcept { return chars_.size(); }
  [[nodiscard]] bool empty() const noexcept { return chars_.empty(); }
  // at, n: within the view.
  [[nodiscard]] Char operator[](std::size_t at) const noexcept {
    TENFOLD_DCHECK(at < size());
    return chars_[at];
  }
  [[nodiscard]] auto begin() const noexcept { return chars_.begin(); }
  [[nodiscard]] auto end() const noexcept { return chars_.end(); }
  [[nodiscard]] Chars first(std::size_t n) const noexcept {
    TENFOLD_DCHECK(n <= size());
    return {chars_.first(n), cancel_};
  }
  [[nodiscard]] Chars subspan(std::size_t at) const noexcept {
    TENFOLD_DCHECK(at <= size());
    return {chars_.subspan(at), cancel_};
  }
  [[nodiscard]] bool is_cancelled() const noexcept { return cancel_ != nullptr && cancel_->is_set(); }

 private:
  Chars(std::span<const Char> chars, CancelLatch* cancel) : chars_(chars), cancel_(cancel) {}

  std::span<const Char> chars_;
  CancelLatch* cancel_;
};

// Decodes as llama.cpp does, so that ids agree on broken text too: more leniently than base/utf8.h. Overlong forms and
// surrogates are taken at face value; any other byte that does not fit becomes U+FFFD. Leaves early once `cancel` is
// set.
std::vector<Char> decode_chars(std::string_view text, CancelLatch* cancel = nullptr);

void append_chars(std::string& out, const Chars& chars);

}  // namespace tenfold
