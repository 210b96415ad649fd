// AnswerText: from pieces of text to what may be shown: nothing of a stop text, not even its beginning.
//
// A stop text may be spelled like control tokens, which are text that the answer has but does not show. So it is looked
// for twice: in what is shown, and in what the model wrote. There it is control tokens as a whole or none of them: "|"
// is not found in "<|im_end|>".
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold {

class AnswerText {
 public:
  explicit AnswerText(std::vector<std::string> stop_texts);

  // Adds text and returns what has become final. After a stop text was found, returns nothing more.
  std::string append(std::string_view shown);
  // Adds what a token that is not shown is called.
  std::string append_unshown(std::string_view name);
  // The answer is over: what was held back because it could have become a stop text.
  std::string finish();

  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 private:
  // What a byte of what the model wrote belongs to.
  enum class Part : std::uint8_t { kShown, kUnshownBegin, kUnshownRest };

  std::string settle();
  [[nodiscard]] std::size_t find_stop(std::string_view text) const;
  [[nodiscard]] std::size_t find_stop_written() const;
  [[nodiscard]] std::size_t n_held_back(std::string_view text) const;
  // How many of the last n bytes written are shown.
  [[nodiscard]] std::size_t n_shown(std::size_t n) const;

  std::vector<std::string> stop_texts_;
  std::string shown_;        // and not final yet
  std::string written_;      // with what is not shown, as far as it may begin a stop text
  std::vector<Part> parts_;  // by byte of written_
  bool stopped_ = false;
};

}  // namespace tenfold
