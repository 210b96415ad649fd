// Python's str operations on UTF-8 text, counted in code points. All text is valid UTF-8. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/marked_text.h"

namespace tenfold::jinja {

// Bytes of the character that starts with this byte.
inline std::size_t code_point_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::size_t count_code_points(std::string_view text);
// Where the code point of this index starts; text.size() past the end.
std::size_t byte_of_code_point(std::string_view text, std::size_t index);

// The code point at byte `at`, below the size, which moves behind it.
char32_t next_code_point(std::string_view text, std::size_t& at);

bool is_space(char32_t code_point);  // str.isspace

enum class Sides { kBoth, kLeft, kRight };
// Without `characters`, strips white space.
std::string_view strip(std::string_view text, std::optional<std::string_view> characters, Sides sides);

// str.find in bytes: npos when absent. Linear time, unlike std::string_view::find, for up to 8 bytes of memory per byte
// of what is wanted.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from = 0);
std::size_t rfind_text(std::string_view text, std::string_view wanted);
// Non-overlapping occurrences; an empty text occurs between all characters.
std::size_t count_text(std::string_view text, std::string_view wanted);

// The functions that split give up with kMaxParts + 1 parts, which a caller must take for an error.
inline constexpr std::size_t kMaxParts = std::size_t{1} << 20;
// At most `max_splits` splits, any number when negative. A separator must not be empty.
std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t max_splits);
std::vector<std::string_view> rsplit(std::string_view text, std::string_view separator, std::int64_t max_splits);
std::vector<std::string_view> split_space(std::string_view text, std::int64_t max_splits);
std::vector<std::string_view> rsplit_space(std::string_view text, std::int64_t max_splits);
enum class LineEnds { kDrop, kKeep };
std::vector<std::string_view> split_lines(std::string_view text, LineEnds ends);

// Bytes that replace() would return.
std::size_t replaced_size(std::string_view text, std::string_view from, std::string_view to, std::int64_t max_count);
MarkedText replace(const MarkedView& text, std::string_view from, const MarkedView& to, std::int64_t max_count);

// &, <, >, ' and " as HTML entities.
std::string escape_html(std::string_view text);

// Python's indices of a slice over `length` items. step: not 0.
struct SliceRange {
  std::int64_t start, step;
  std::size_t count;
};
SliceRange resolve_slice(std::size_t length, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                         std::int64_t step);
MarkedText slice_text(const MarkedView& text, const SliceRange& range);

}  // namespace tenfold::jinja
