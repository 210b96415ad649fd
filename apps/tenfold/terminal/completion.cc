#include "completion.h"

#include <algorithm>
#include <filesystem>

#include "base/utf8.h"

namespace tenfold::cli {

namespace {

constexpr int kMaxEntries = 10'000;  // of a folder; a larger one would take the time of a person

// What `candidates`, all of which begin with `begin`, have in common behind that.
Completion common_rest(std::string_view begin, std::vector<std::string> candidates) {
  std::sort(candidates.begin(), candidates.end());
  Completion completion;
  if (candidates.empty()) return completion;
  const std::string& first = candidates.front();
  const std::string& last = candidates.back();
  const auto differs = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  std::string_view rest(first.begin() + static_cast<std::ptrdiff_t>(begin.size()), differs);
  if (candidates.size() > 1) {
    rest = rest.substr(0, complete_utf8_prefix(rest));
    completion.candidates = std::move(candidates);
  }
  completion.addition = rest;
  return completion;
}

Completion complete_file(std::string_view path) {
  namespace fs = std::filesystem;
  const std::size_t name_at = path.rfind('/') + 1;  // npos + 1 is 0
  const std::string_view name = path.substr(name_at);
  const std::string_view folder = path.substr(0, name_at);
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator at(folder.empty() ? fs::path(".") : fs::path(folder), error);
  for (int n = 0; !error && at != fs::directory_iterator() && n < kMaxEntries; at.increment(error), ++n) {
    std::string entry = at->path().filename().string();
    if (!entry.starts_with(name) || (entry.starts_with('.') && !name.starts_with('.'))) continue;
    std::error_code ignored;
    if (at->is_directory(ignored)) entry += '/';
    found.push_back(std::move(entry));
  }
  return common_rest(name, std::move(found));
}

}  // namespace

Completion complete(std::string_view text, std::span<const std::string_view> commands) {
  if (!text.starts_with('/')) return {};
  std::vector<std::string> found;
  for (const std::string_view command : commands) {
    if (command.ends_with(' ') && text.starts_with(command)) return complete_file(text.substr(command.size()));
    if (command.starts_with(text)) found.emplace_back(command);
  }
  return common_rest(text, std::move(found));
}

}  // namespace tenfold::cli
