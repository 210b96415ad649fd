// From the bytes that a terminal sends to keys: characters, the sequences that arrows and their like are, and pastes,
// which terminals put in brackets if they are asked to. Bytes come one by one, wherever reads cut them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace tenfold::cli {

enum class KeyKind {
  kText,     // Key::text is one code point, or U+FFFD for bytes that are no UTF-8
  kPaste,    // Key::text is all of it, lines ending in \n
  kTooLong,  // a paste of more than max_paste_bytes; it is dropped
  kEnter,
  kNewLine,  // Alt-Enter
  kTab,
  kEndOfInput,  // Ctrl-D
  kRedraw,      // Ctrl-L
  kLeft,
  kRight,
  kUp,
  kDown,
  kHome,
  kEnd,
  kWordLeft,
  kWordRight,
  kBackspace,
  kDelete,
  kEraseWordLeft,
  kEraseWordRight,
  kEraseLineLeft,
  kEraseLineRight,
  kPutBack,
};

struct Key {
  KeyKind kind;
  std::string text = {};
};

class KeyDecoder {
 public:
  explicit KeyDecoder(std::size_t max_paste_bytes) : max_paste_bytes_(max_paste_bytes) {}

  // The key that this byte completes, if it completes one that means something here.
  std::optional<Key> push(char byte);

 private:
  enum class State { kPlain, kEscape, kSequence, kOneMore, kPaste };

  std::optional<Key> plain(char byte);
  std::optional<Key> character(char byte);
  std::optional<Key> after_escape(char byte);
  std::optional<Key> in_sequence(char byte);
  std::optional<Key> in_paste(char byte);

  std::size_t max_paste_bytes_;
  State state_ = State::kPlain;
  std::string pending_;  // of a character, a sequence or a paste
  bool paste_is_too_long_ = false;
};

}  // namespace tenfold::cli
