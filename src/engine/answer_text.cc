#include "engine/answer_text.h"

#include <algorithm>
#include <utility>

namespace tenfold {

AnswerText::AnswerText(std::vector<std::string> stop_texts) : stop_texts_(std::move(stop_texts)) {
  std::erase_if(stop_texts_, [](const std::string& stop) { return stop.empty(); });
}

std::string AnswerText::append(std::string_view shown) {
  if (stopped_) return {};
  shown_ += shown;
  written_ += shown;
  parts_.resize(written_.size(), Part::kShown);
  return settle();
}

std::string AnswerText::append_unshown(std::string_view name) {
  if (stopped_) return {};
  written_ += name;
  if (!name.empty()) parts_.push_back(Part::kUnshownBegin);
  parts_.resize(written_.size(), Part::kUnshownRest);
  return settle();
}

std::string AnswerText::finish() { return stopped_ ? std::string() : std::exchange(shown_, {}); }

std::string AnswerText::settle() {
  const std::size_t stop_shown = find_stop(shown_);
  const std::size_t stop_written = find_stop_written();
  const std::size_t n_held_written = n_held_back(written_);
  std::size_t n_final = shown_.size() - std::max(n_held_back(shown_), n_shown(n_held_written));
  if (stop_shown != std::string::npos || stop_written != std::string::npos) {
    stopped_ = true;
    n_final = std::min(stop_shown, shown_.size());
    if (stop_written != std::string::npos) {
      n_final = std::min(n_final, shown_.size() - n_shown(written_.size() - stop_written));
    }
  }
  const std::size_t n_done = written_.size() - n_held_written;
  written_.erase(0, n_done);
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(n_done));
  std::string final_text = shown_.substr(0, n_final);
  shown_.erase(0, n_final);
  return final_text;
}

std::size_t AnswerText::find_stop(std::string_view text) const {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stop_texts_) first = std::min(first, text.find(stop));
  return first;
}

std::size_t AnswerText::find_stop_written() const {
  const auto inside_a_token = [this](std::size_t at) { return at < parts_.size() && parts_[at] == Part::kUnshownRest; };
  std::size_t first = std::string::npos;
  for (const std::string& stop : stop_texts_) {
    std::size_t at = written_.find(stop);
    while (at < first && (inside_a_token(at) || inside_a_token(at + stop.size()))) at = written_.find(stop, at + 1);
    first = std::min(first, at);
  }
  return first;
}

// Length of the longest end of the text that begins a stop text.
std::size_t AnswerText::n_held_back(std::string_view text) const {
  std::size_t longest = 0;
  for (const std::string& stop : stop_texts_) {
    for (std::size_t n = std::min(stop.size() - 1, text.size()); n > longest; --n) {
      if (text.ends_with(std::string_view(stop).substr(0, n))) longest = n;
    }
  }
  return longest;
}

std::size_t AnswerText::n_shown(std::size_t n) const {
  return static_cast<std::size_t>(
      std::count(parts_.end() - static_cast<std::ptrdiff_t>(n), parts_.end(), Part::kShown));
}

}  // namespace tenfold
