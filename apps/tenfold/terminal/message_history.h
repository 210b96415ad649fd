// The messages that a person typed, kept over starts of the program: arrow up brings them back.
//
// The file is for its owner alone (mode 0600), has one message a line, and is bounded. What cannot be read or written
// is no error: history is a convenience. One thread; several programs may add to one file at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::cli {

class MessageHistory {
 public:
  static constexpr std::size_t kMaxMessages = 1000;
  static constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 14;  // longer ones are kept for this start only
  static constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

  // path: of the file, whose folders are made if need be; empty: nothing is kept over starts.
  explicit MessageHistory(std::string path);

  // Oldest first.
  [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }

  // Not if it is the one before once more. One that begins with a blank is not written to the file.
  void add(const std::string& message);

 private:
  void load();
  void shorten_file() const;

  std::string path_;
  std::vector<std::string> messages_;
};

// $XDG_STATE_HOME/tenfold/history, else ~/.local/state/tenfold/history; empty where there is no home.
std::string default_history_path();

}  // namespace tenfold::cli
