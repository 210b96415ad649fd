// cat(…): strings and numbers joined into one std::string, for error messages.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace tenfold {

namespace internal {

inline void append_part(std::string& out, std::string_view part) { out.append(part); }
template <typename T>
  requires(std::integral<T> || std::floating_point<T>)
void append_part(std::string& out, T part) {
  if constexpr (std::same_as<T, bool>) {
    out.append(part ? "true" : "false");
  } else if constexpr (std::same_as<T, char>) {
    out.push_back(part);
  } else {
    char digits[48];
    const auto end = std::to_chars(digits, digits + sizeof(digits), part).ptr;
    out.append(digits, end);
  }
}

}  // namespace internal

template <typename... Args>
std::string cat(const Args&... args) {
  std::string out;
  (internal::append_part(out, args), ...);
  return out;
}

// Text from outside made fit for an error message: control characters (see is_control_char) and broken bytes escaped as
// \xNN or \uNNNN, cut to `max_bytes` with "…".
std::string printable(std::string_view text, std::size_t max_bytes = 64);

}  // namespace tenfold
