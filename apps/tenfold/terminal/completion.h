// What Tab adds: the rest of a command, or of a file's name behind one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::cli {

struct Completion {
  std::string addition;                 // what all candidates go on with
  std::vector<std::string> candidates;  // if there are several, sorted
};

// commands: such as "/reset"; those that end in a blank, such as "/image ", take a file's name, with blanks in it or
// not.
Completion complete(std::string_view text, std::span<const std::string_view> commands);

}  // namespace tenfold::cli
