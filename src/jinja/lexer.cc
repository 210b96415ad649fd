#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "jinja/number_text.h"
#include "jinja/string_literal.h"
#include "jinja/string_ops.h"
#include "jinja/token.h"

namespace tenfold::jinja {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Line ends become \n and one final line end is dropped, as Jinja does before anything else.
std::string normalized(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
      continue;
    }
    out += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : text_(normalized(source)) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) TENFOLD_RETURN_IF_ERROR(lex_data());
    add(TokenKind::kEnd);
    return std::move(tokens_);
  }

 private:
  enum class Tag { kNone, kVariable, kBlock, kComment, kRaw };

  template <typename... Parts>
  Status fail(const Parts&... parts) const {
    return corrupt_data("line ", line_, ": ", parts...);
  }

  bool looking_at(std::string_view wanted, std::size_t offset = 0) const {
    return std::string_view(text_).substr(std::min(at_ + offset, text_.size())).starts_with(wanted);
  }

  Token& add(TokenKind kind, std::string_view text = {}) {
    Token token;
    token.kind = kind;
    token.line = line_;
    token.text = text;
    tokens_.push_back(std::move(token));
    return tokens_.back();
  }

  // Moves on, counting lines. What was passed decides whether the next text starts a line.
  void advance_to(std::size_t end) {
    for (; at_ < end; ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
    if (end > 0) line_starting_ = text_[end - 1] == '\n';
  }

  std::size_t after_space(std::size_t from) const {
    const std::string_view rest = std::string_view(text_).substr(from);
    return from + rest.size() - strip(rest, std::nullopt, Sides::kLeft).size();
  }

  // Where the next tag begins and which it is.
  Tag find_tag(std::size_t& begin) const {
    for (begin = text_.find('{', at_); begin != std::string::npos; begin = text_.find('{', begin + 1)) {
      switch (begin + 1 < text_.size() ? text_[begin + 1] : 0) {
        case '{': return Tag::kVariable;
        case '#': return Tag::kComment;
        case '%': return end_of_raw_begin(begin) ? Tag::kRaw : Tag::kBlock;
        default: break;
      }
    }
    begin = text_.size();
    return Tag::kNone;
  }

  // Where "{% raw %}" that starts at `begin` ends.
  std::optional<std::size_t> end_of_raw_begin(std::size_t begin) const {
    std::size_t at = begin + 2;
    if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
    at = after_space(at);
    if (text_.compare(at, 3, "raw") != 0) return std::nullopt;
    at = after_space(at + 3);
    if (text_.compare(at, 3, "-%}") == 0) return after_space(at + 3);
    if (text_.compare(at, 2, "%}") == 0) return at + 2;
    return std::nullopt;
  }

  // The text before a tag without the white space that the tag takes away.
  std::string_view stripped(std::string_view data, char sign, bool is_variable) const {
    if (sign == '-') return strip(data, std::nullopt, Sides::kRight);
    if (sign == '+' || is_variable) return data;
    const std::size_t last_line = data.rfind('\n') + 1;
    if (last_line == 0 && !line_starting_) return data;
    const std::string_view tail = data.substr(last_line);
    return strip(tail, std::nullopt, Sides::kLeft).empty() ? data.substr(0, last_line) : data;
  }

  void add_data(std::string_view data) {
    if (!data.empty()) add(TokenKind::kData, data);
  }

  // Text up to the next tag, and that tag.
  Status lex_data() {
    std::size_t begin = 0;
    const Tag tag = find_tag(begin);
    const std::string_view data = std::string_view(text_).substr(at_, begin - at_);
    if (tag == Tag::kNone) {
      add_data(data);
      advance_to(text_.size());
      return {};
    }
    const char sign = begin + 2 < text_.size() ? text_[begin + 2] : '\0';
    add_data(stripped(data, sign, tag == Tag::kVariable));
    advance_to(begin);
    if (tag == Tag::kRaw) return lex_raw();
    advance_to(begin + 2 + (sign == '-' || sign == '+' ? 1 : 0));
    if (tag == Tag::kComment) return lex_comment();
    add(tag == Tag::kVariable ? TokenKind::kVariableBegin : TokenKind::kBlockBegin);
    return lex_tag(tag);
  }

  // Behind "-%}" all white space goes, behind "%}" one line end, behind "+%}" nothing.
  std::size_t end_of_close(std::size_t at, std::string_view close) const {
    const char sign = text_[at];
    const std::size_t end = at + (sign == '-' || sign == '+' ? 1 : 0) + close.size();
    if (sign == '-') return after_space(end);
    if (sign == '+') return end;
    return end < text_.size() && text_[end] == '\n' ? end + 1 : end;
  }

  // Whether a closing mark, with or without sign, stands at `at`.
  bool closes(std::size_t at, std::string_view close) const {
    if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
    return text_.compare(std::min(at, text_.size()), close.size(), close) == 0;
  }

  Status lex_comment() {
    if (at_ == text_.size()) return {};  // Jinja only misses the end where something follows
    const std::size_t close = text_.find("#}", at_);
    if (close == std::string::npos) return fail("missing end of comment tag");
    const bool has_sign = close > at_ && (text_[close - 1] == '-' || text_[close - 1] == '+');
    advance_to(end_of_close(has_sign ? close - 1 : close, "#}"));
    return {};
  }

  Status lex_raw() {
    const std::size_t begin = *end_of_raw_begin(at_);
    advance_to(begin);
    if (at_ == text_.size()) return {};
    for (std::size_t tag = text_.find("{%", begin); tag != std::string::npos; tag = text_.find("{%", tag + 1)) {
      const char sign = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
      std::size_t at = after_space(tag + 2 + (sign == '-' || sign == '+' ? 1 : 0));
      if (text_.compare(at, 6, "endraw") != 0) continue;
      at = after_space(at + 6);
      if (!closes(at, "%}")) continue;
      add_data(stripped(std::string_view(text_).substr(begin, tag - begin), sign, false));
      advance_to(end_of_close(at, "%}"));
      return {};
    }
    return fail("missing end of raw directive");
  }

  // Everything inside {{ … }} or {% … %}.
  Status lex_tag(Tag tag) {
    std::string open;  // brackets not yet closed: inside them }} is two braces
    while (at_ < text_.size()) {
      if (open.empty() && tag == Tag::kBlock && closes(at_, "%}")) {
        const std::size_t end = end_of_close(at_, "%}");
        add(TokenKind::kBlockEnd);
        advance_to(end);
        return {};
      }
      if (open.empty() && tag == Tag::kVariable && (looking_at("}}") || looking_at("-}}"))) {
        const bool strips = text_[at_] == '-';
        add(TokenKind::kVariableEnd);
        advance_to(strips ? after_space(at_ + 3) : at_ + 2);
        return {};
      }
      const std::size_t space_end = after_space(at_);
      if (space_end > at_) {
        advance_to(space_end);
        continue;
      }
      TENFOLD_RETURN_IF_ERROR(lex_token(open));
    }
    return fail("unexpected end of template inside a tag");
  }

  Status lex_token(std::string& open) {
    const char c = text_[at_];
    if (is_digit(c)) return lex_number();
    if (is_name_start(c)) {
      std::size_t end = at_;
      while (end < text_.size() && (is_name_start(text_[end]) || is_digit(text_[end]))) ++end;
      add(TokenKind::kName, std::string_view(text_).substr(at_, end - at_));
      advance_to(end);
      return {};
    }
    if (c == '\'' || c == '"') return lex_string();
    return lex_operator(open);
  }

  Status lex_string() {
    const char mark = text_[at_];
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != mark) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return fail("string without end");
    Result<std::string> value = unescape_string_literal(std::string_view(text_).substr(at_ + 1, end - at_ - 1));
    if (!value.ok()) return value.status().with_context(cat("line ", line_));
    add(TokenKind::kString, *value);
    advance_to(end + 1);
    return {};
  }

  // End of a run of digits of the base with single underscores between them.
  std::size_t end_of_digits(std::size_t from, std::string_view digits) const {
    std::size_t end = from;
    while (end < text_.size()) {
      const bool underscore = text_[end] == '_' && end > from;
      const std::size_t digit = underscore ? end + 1 : end;
      if (digit >= text_.size() || digits.find(text_[digit]) == digits.npos) break;
      end = digit + 1;
    }
    return end;
  }

  // Where a float that starts here ends; nothing when there is none.
  std::optional<std::size_t> end_of_float() const {
    constexpr std::string_view kDigits = "0123456789";
    if (at_ > 0 && text_[at_ - 1] == '.') return std::nullopt;
    const std::size_t whole_end = end_of_digits(at_, kDigits);
    std::size_t end = whole_end;
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) end = end_of_digits(end + 1, kDigits);
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) end = end_of_digits(exponent, kDigits);
    }
    if (end == whole_end) return std::nullopt;
    return end;
  }

  std::size_t end_of_integer() const {
    const auto prefixed = [&](char letter, std::string_view digits) -> std::size_t {
      if (at_ + 1 >= text_.size() || text_[at_] != '0' || (text_[at_ + 1] | 0x20) != letter) return 0;
      std::size_t from = at_ + 2;
      if (from < text_.size() && text_[from] == '_') ++from;
      const std::size_t end = end_of_digits(from, digits);
      return end > from ? end : 0;
    };
    if (const std::size_t end = prefixed('b', "01")) return end;
    if (const std::size_t end = prefixed('o', "01234567")) return end;
    if (const std::size_t end = prefixed('x', "0123456789abcdefABCDEF")) return end;
    return end_of_digits(at_, text_[at_] == '0' ? "0" : "0123456789");
  }

  Status lex_number() {
    if (const auto end = end_of_float()) {
      const auto value = parse_float(std::string_view(text_).substr(at_, *end - at_));
      if (!value) return fail("malformed number");
      add(TokenKind::kFloat).real = *value;
      advance_to(*end);
      return {};
    }
    const std::size_t end = end_of_integer();
    const Result<std::optional<std::string>> value = parse_integer(std::string_view(text_).substr(at_, end - at_), 0);
    if (!value.ok()) return value.status().with_context(cat("line ", line_));
    if (!value->has_value()) return fail("malformed number");
    add(TokenKind::kInteger, **value);
    advance_to(end);
    return {};
  }

  Status lex_operator(std::string& open) {
    constexpr std::string_view kOperators[] = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
                                               "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    for (const std::string_view symbol : kOperators) {
      if (!looking_at(symbol)) continue;
      if (symbol == "(") open += ')';
      if (symbol == "[") open += ']';
      if (symbol == "{") open += '}';
      if (symbol == ")" || symbol == "]" || symbol == "}") {
        if (open.empty()) return fail("unexpected '", symbol, "'");
        if (open.back() != symbol[0]) return fail("unexpected '", symbol, "', expected '", open.back(), "'");
        open.pop_back();
      }
      add(TokenKind::kOperator, symbol);
      advance_to(at_ + symbol.size());
      return {};
    }
    if ((text_[at_] & 0x80) != 0) {
      return unsupported("line ", line_, ": character outside ASCII in a tag: '",
                         std::string_view(text_).substr(at_, code_point_bytes(text_[at_])), "' is not supported");
    }
    return fail("unexpected character '", printable(std::string_view(text_).substr(at_, 1)), "'");
  }

  const std::string text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize_template(std::string_view source) { return Lexer(source).run(); }

}  // namespace tenfold::jinja
