#include "engine/answer_text.h"

#include <algorithm>
#include <utility>

namespace tenfold {

AnswerText::AnswerText(std::vector<std::string> stop_texts) : stop_texts_(std::move(stop_texts)) {
  std::erase_if(stop_texts_, [](const std::string& stop) { return stop.empty(); });
}

std::string AnswerText::append(std::string_view piece) {
  if (stopped_) return {};
  pending_ += piece;
  std::size_t first_stop = std::string::npos;
  for (const std::string& stop : stop_texts_) first_stop = std::min(first_stop, pending_.find(stop));
  std::size_t n_final = pending_.size() - held_back();
  if (first_stop != std::string::npos) {
    stopped_ = true;
    n_final = first_stop;
  }
  std::string final_text = pending_.substr(0, n_final);
  pending_.erase(0, n_final);
  if (stopped_) pending_.clear();
  return final_text;
}

std::string AnswerText::finish() { return stopped_ ? std::string() : std::exchange(pending_, {}); }

// Length of the longest end of the pending text that begins a stop text.
std::size_t AnswerText::held_back() const {
  std::size_t longest = 0;
  for (const std::string& stop : stop_texts_) {
    for (std::size_t n = std::min(stop.size() - 1, pending_.size()); n > longest; --n) {
      if (std::string_view(pending_).ends_with(std::string_view(stop).substr(0, n))) longest = n;
    }
  }
  return longest;
}

}  // namespace tenfold
