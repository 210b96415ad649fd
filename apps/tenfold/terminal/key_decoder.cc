#include "key_decoder.h"

#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace tenfold::cli {

namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kPasteBegins = "200~";  // after ESC [
constexpr std::string_view kPasteEnds = "\x1b[201~";
constexpr std::size_t kMaxSequenceBytes = 32;

struct Meaning {
  std::string_view bytes;
  KeyKind kind;
};

// After ESC [ or ESC O, as xterm, rxvt, the Linux console, screen and tmux send them.
constexpr Meaning kSequences[] = {
    {"A", KeyKind::kUp},
    {"B", KeyKind::kDown},
    {"C", KeyKind::kRight},
    {"D", KeyKind::kLeft},
    {"H", KeyKind::kHome},
    {"F", KeyKind::kEnd},
    {"1~", KeyKind::kHome},
    {"7~", KeyKind::kHome},
    {"4~", KeyKind::kEnd},
    {"8~", KeyKind::kEnd},
    {"3~", KeyKind::kDelete},
    {"M", KeyKind::kEnter},
    {"1;5C", KeyKind::kWordRight},
    {"1;3C", KeyKind::kWordRight},
    {"c", KeyKind::kWordRight},
    {"1;5D", KeyKind::kWordLeft},
    {"1;3D", KeyKind::kWordLeft},
    {"d", KeyKind::kWordLeft},
    {"3;5~", KeyKind::kEraseWordRight},
};

// After ESC alone: Alt.
constexpr Meaning kAltKeys[] = {
    {"b", KeyKind::kWordLeft},         {"f", KeyKind::kWordRight},      {"d", KeyKind::kEraseWordRight},
    {"\x7f", KeyKind::kEraseWordLeft}, {"\b", KeyKind::kEraseWordLeft}, {"\r", KeyKind::kNewLine},
    {"\n", KeyKind::kNewLine},
};

constexpr Meaning kControls[] = {
    {"\r", KeyKind::kEnter},
    {"\n", KeyKind::kEnter},
    {"\t", KeyKind::kTab},
    {"\x7f", KeyKind::kBackspace},
    {"\b", KeyKind::kBackspace},
    {"\x01", KeyKind::kHome},
    {"\x02", KeyKind::kLeft},
    {"\x04", KeyKind::kEndOfInput},
    {"\x05", KeyKind::kEnd},
    {"\x06", KeyKind::kRight},
    {"\x0b", KeyKind::kEraseLineRight},
    {"\x0c", KeyKind::kRedraw},
    {"\x0e", KeyKind::kDown},
    {"\x10", KeyKind::kUp},
    {"\x15", KeyKind::kEraseLineLeft},
    {"\x17", KeyKind::kEraseWordLeft},
    {"\x19", KeyKind::kPutBack},
};

template <std::size_t n>
std::optional<Key> look_up(const Meaning (&meanings)[n], std::string_view bytes) {
  for (const Meaning& meaning : meanings) {
    if (meaning.bytes == bytes) return Key{meaning.kind};
  }
  return std::nullopt;
}

// Terminals send a paste's line ends as the Enter key's byte.
std::string with_plain_line_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (text.substr(i + 1, 1) != "\n") {
      out += '\n';
    }
  }
  return out;
}

}  // namespace

std::optional<Key> KeyDecoder::push(char byte) {
  switch (state_) {
    case State::kPlain: return plain(byte);
    case State::kEscape: return after_escape(byte);
    case State::kSequence: return in_sequence(byte);
    case State::kOneMore: state_ = State::kPlain; return std::nullopt;
    case State::kPaste: return in_paste(byte);
  }
  return std::nullopt;
}

std::optional<Key> KeyDecoder::plain(char byte) {
  if (static_cast<unsigned char>(byte) >= 0x80) return character(byte);
  pending_.clear();  // a character that broke off
  if (byte == kEscape) {
    state_ = State::kEscape;
    return std::nullopt;
  }
  if (byte < 0x20 || byte == 0x7f) return look_up(kControls, std::string_view(&byte, 1));
  return Key{KeyKind::kText, std::string(1, byte)};
}

std::optional<Key> KeyDecoder::character(char byte) {
  pending_ += byte;
  if (complete_utf8_prefix(pending_) == 0) return std::nullopt;  // more bytes can complete it
  std::string bytes = std::exchange(pending_, {});
  if (is_valid_utf8(bytes)) return Key{KeyKind::kText, std::move(bytes)};
  // What broke the character off may begin the next one.
  if (bytes.size() > 1 && static_cast<unsigned char>(byte) >= 0xc0) pending_ = byte;
  return Key{KeyKind::kText, "\uFFFD"};
}

std::optional<Key> KeyDecoder::after_escape(char byte) {
  state_ = State::kPlain;
  if (byte == '[' || byte == 'O') {
    state_ = State::kSequence;
    return std::nullopt;
  }
  if (byte == kEscape) state_ = State::kEscape;
  return look_up(kAltKeys, std::string_view(&byte, 1));
}

std::optional<Key> KeyDecoder::in_sequence(char byte) {
  if (byte == kEscape) {  // the sequence broke off
    pending_.clear();
    state_ = State::kEscape;
    return std::nullopt;
  }
  if (pending_.empty() && byte == '[') {  // the Linux console's function keys: ESC [ [ A
    state_ = State::kOneMore;
    return std::nullopt;
  }
  pending_ += byte;
  const bool is_last = byte >= 0x40 && byte <= 0x7e;
  if (!is_last && pending_.size() < kMaxSequenceBytes) return std::nullopt;
  const std::string sequence = std::exchange(pending_, {});
  state_ = sequence == kPasteBegins ? State::kPaste : State::kPlain;
  return look_up(kSequences, sequence);
}

std::optional<Key> KeyDecoder::in_paste(char byte) {
  pending_ += byte;
  if (pending_.ends_with(kPasteEnds)) {
    state_ = State::kPlain;
    std::string text = std::exchange(pending_, {});
    text.resize(text.size() - kPasteEnds.size());
    if (std::exchange(paste_is_too_long_, false) || text.size() > max_paste_bytes_) return Key{KeyKind::kTooLong};
    return Key{KeyKind::kPaste, to_valid_utf8(with_plain_line_ends(text))};
  }
  if (pending_.size() > max_paste_bytes_ + kPasteEnds.size()) {
    paste_is_too_long_ = true;
    pending_.erase(0, pending_.size() - kPasteEnds.size());
  }
  return std::nullopt;
}

}  // namespace tenfold::cli
