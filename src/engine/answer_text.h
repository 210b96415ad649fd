// AnswerText: from pieces of text to what may be shown: nothing of a stop text, not even its beginning.
//
// One thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold {

class AnswerText {
 public:
  explicit AnswerText(std::vector<std::string> stop_texts);

  // Adds text and returns what has become final. After a stop text was found, returns nothing more.
  std::string append(std::string_view piece);
  // The answer is over: what was held back because it could have become a stop text.
  std::string finish();

  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 private:
  [[nodiscard]] std::size_t held_back() const;

  std::vector<std::string> stop_texts_;
  std::string pending_;
  bool stopped_ = false;
};

}  // namespace tenfold
