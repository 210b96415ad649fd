#include "usage_error.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/cat.h"

namespace tenfold::cli {

namespace {

// Letters to add, remove or change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// "; did you mean --temp?", or nothing if no word is near. Words of which one begins the other are near, too.
std::string suggestion(std::string_view found, const std::vector<std::string>& words) {
  constexpr std::size_t kLongestWord = 40;  // nobody mistypes more, and the distance takes quadratic time
  constexpr std::size_t kLeastPrefix = 3;   // letters
  if (found.size() > kLongestWord) return {};
  const std::size_t dashes = std::min(found.find_first_not_of('-'), found.size());
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, (found.size() - dashes) / 3) + 1;
  for (const std::string& word : words) {
    std::size_t distance = edit_distance(found, word);
    const bool begins = found.starts_with(word) || word.starts_with(found);
    if (begins && std::min(found.size(), word.size()) >= dashes + kLeastPrefix)
      distance = std::min<std::size_t>(distance, 2);
    if (distance < least) {
      least = distance;
      nearest = word;
    }
  }
  return nearest.empty() ? "" : cat("; did you mean ", nearest, "?");
}

std::vector<std::string> long_flags(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

// What is wrong with the first word that nobody understood.
std::string describe_extra(const CLI::App& program, const std::string& extra) {
  const bool is_flag = extra.size() > 1 && extra.front() == '-';
  const auto commands = program.get_subcommands();
  if (commands.empty()) {
    std::vector<std::string> words;
    if (is_flag) {
      words = long_flags(program);
    } else {
      for (const CLI::App* command : program.get_subcommands({})) words.push_back(command->get_name());
    }
    return cat("expected a command, found ", extra.empty() ? "an empty word" : extra, suggestion(extra, words));
  }
  if (!is_flag) return cat("expected only flags, found ", extra.empty() ? "an empty word" : extra);
  const std::string flag = extra.substr(0, extra.find('='));
  return cat("unknown flag ", flag, suggestion(flag, long_flags(*commands.front())));
}

}  // namespace

std::string describe_usage_error(const CLI::App& program, const CLI::ParseError& error) {
  // A mistyped flag often leaves a required one missing: then the typo is the cause.
  const auto extras = program.remaining(true);
  const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if ((is_extra || is_missing) && !extras.empty()) return describe_extra(program, extras.front());

  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    // CLI11 counts: "--temp: 1 required T missing", "--temp: At Most 1 required but received 2".
    const bool too_few = what.ends_with(" missing");
    return cat(what.substr(0, what.find(':')), ": expected one value, found ", too_few ? "none" : "more");
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    // Only flags without a value get here ("Could not convert: --json = x"): add_number has its own words.
    const std::size_t flag = what.find("--");
    if (flag != std::string::npos) return cat(what.substr(flag, what.find(' ', flag) - flag), ": expected no value");
  }
  return what;
}

}  // namespace tenfold::cli
