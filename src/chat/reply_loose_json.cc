#include "chat/reply_loose_json.h"

#include <string>

#include "base/json_string.h"
#include "chat/reply_loose_string.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxDepth = 60;
constexpr std::string_view kSpace = " \t\r\n";

bool is_json_number(std::string_view word) {
  const bool is_plausible = word[0] == '-' || (word[0] >= '0' && word[0] <= '9');
  return is_plausible && parse_json(word).ok();
}

// One pass that writes strict JSON. What has been written says what may follow: behind a colon a value, in an object
// otherwise a key. Commas are written where they belong, whatever those of the text.
class StrictWriter {
 public:
  explicit StrictWriter(std::string_view text) : text_(text) {}

  std::optional<std::string> run() {
    while (skip_to_item()) {
      const char c = text_[at_];
      const bool ok = is_closing(c) ? close(c) : wants_key() ? key() : value();
      if (!ok) return std::nullopt;
    }
    if (!open_.empty() && is_cut_off()) return std::nullopt;
    close_down_to(0);
    out_ += ']';
    return std::move(out_);
  }

 private:
  static bool is_closing(char c) { return c == '}' || c == ']' || c == ')'; }
  [[nodiscard]] bool wants_key() const { return !open_.empty() && open_.back() == '}' && out_.back() != ':'; }

  bool skip_to_item() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n,;", at_), text_.size());
    return at_ < text_.size();
  }

  // Whether more was to come than closing brackets.
  [[nodiscard]] bool is_cut_off() const {
    const char last = text_[text_.find_last_not_of(kSpace)];
    return std::string_view(",;:={[(").find(last) != std::string_view::npos;
  }

  void separate() {
    const char last = out_.back();
    if (last != '[' && last != '{' && last != ':') out_ += ',';
  }

  // Closes what is still open inside of it, too; a bracket that closes nothing is passed over.
  bool close(char c) {
    ++at_;
    const std::size_t level = open_.rfind(c);
    if (level == open_.npos) return true;
    if (out_.back() == ':') out_ += "null";
    close_down_to(level);
    return true;
  }

  void close_down_to(std::size_t level) {
    for (; open_.size() > level; open_.pop_back()) out_ += open_.back() == '}' ? '}' : ']';
  }

  bool open(char c) {
    if (open_.size() >= kMaxDepth) return false;
    separate();
    out_ += c == '{' ? '{' : '[';
    open_ += c == '{' ? '}' : c == '[' ? ']' : ')';
    ++at_;
    return true;
  }

  bool string(LooseStringEnd end) {
    const std::optional<LooseString> read = read_loose_string(text_, at_, end, open_);
    if (!read) return false;
    separate();
    append_json_string(out_, read->text, JsonCharacters::kAll);
    at_ = read->end;
    return true;
  }

  bool key() {
    if (begins_loose_string(text_, at_)) {
      if (!string(LooseStringEnd::kKey)) return false;
    } else {
      const std::string_view word = bare_word(":=,{}[]()\"'\n");
      if (word.empty()) return false;
      separate();
      append_json_string(out_, word, JsonCharacters::kAll);
    }
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    if (at_ == text_.size() || (text_[at_] != ':' && text_[at_] != '=')) return false;
    ++at_;
    out_ += ':';
    return true;
  }

  bool value() {
    const char c = text_[at_];
    if (c == '{' || c == '[' || c == '(') return open(c);
    if (begins_loose_string(text_, at_)) return string(LooseStringEnd::kValue);
    const std::string_view word = bare_word(",;{}[]()\"'\n");
    const bool is_cut_off = at_ == text_.size();
    if (word.empty() || is_cut_off || open_.empty()) return false;
    const char stop = text_[at_];
    if (!is_closing(stop) && stop != ',' && stop != ';' && stop != '\n') return false;
    separate();
    write_word(word);
    return true;
  }

  // Up to one of `stops`, without the white space before it.
  std::string_view bare_word(std::string_view stops) {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    const std::string_view word = text_.substr(begin, at_ - begin);
    return word.substr(0, word.find_last_not_of(kSpace) + 1);
  }

  void write_word(std::string_view word) {
    if (word == "true" || word == "True") {
      out_ += "true";
    } else if (word == "false" || word == "False") {
      out_ += "false";
    } else if (word == "null" || word == "None") {
      out_ += "null";
    } else if (is_json_number(word)) {
      out_ += word;
    } else {
      append_json_string(out_, word, JsonCharacters::kAll);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_ = "[";
  std::string open_;  // what closes each bracket that is open; a tuple becomes a list
};

}  // namespace

std::optional<Json> read_loose_json(std::string_view text) {
  if (Result<Json> strict = parse_json(text); strict.ok()) return Json::array({*std::move(strict)});
  const std::optional<std::string> written = StrictWriter(text).run();
  if (!written) return std::nullopt;
  Result<Json> values = parse_json(*written);
  if (!values.ok() || values->empty()) return std::nullopt;
  return *std::move(values);
}

}  // namespace tenfold
