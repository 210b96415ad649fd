#include "jinja/string_ops.h"

#include <algorithm>
#include <limits>

#include "base/contracts.h"

namespace tenfold::jinja {

namespace {

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t start_of_last(std::string_view text, std::size_t end) {
  --end;
  while (end > 0 && is_continuation(text[end])) --end;
  return end;
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Where a comparison resumes after a mismatch (Knuth, Morris and Pratt), so that search time is linear.
std::vector<std::size_t> failure_table(std::string_view wanted) {
  std::vector<std::size_t> table(wanted.size(), 0);
  for (std::size_t i = 1, k = 0; i < wanted.size(); ++i) {
    while (k > 0 && wanted[i] != wanted[k]) k = table[k - 1];
    if (wanted[i] == wanted[k]) ++k;
    table[i] = k;
  }
  return table;
}

}  // namespace

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::size_t byte_of_code_point(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size() && index > 0; --index) at += code_point_bytes(text[at]);
  return at;
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
  TENFOLD_DCHECK(at < text.size());
  const std::size_t n_bytes = code_point_bytes(text[at]);
  TENFOLD_DCHECK(n_bytes <= text.size() - at);
  const auto first = static_cast<unsigned char>(text[at]);
  char32_t code_point = n_bytes == 1 ? first : first & (0xFF >> (n_bytes + 1));
  for (std::size_t i = 1; i < n_bytes; ++i) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  }
  at += n_bytes;
  return code_point;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text, std::optional<std::string_view> characters, Sides sides) {
  std::vector<char32_t> wanted;
  for (std::size_t at = 0; characters && at < characters->size();) wanted.push_back(next_code_point(*characters, at));
  std::sort(wanted.begin(), wanted.end());
  const auto strips = [&](char32_t c) {
    return characters ? std::binary_search(wanted.begin(), wanted.end(), c) : is_space(c);
  };
  std::size_t begin = 0;
  std::size_t end = text.size();
  while (sides != Sides::kRight && begin < end) {
    std::size_t after = begin;
    if (!strips(next_code_point(text, after))) break;
    begin = after;
  }
  while (sides != Sides::kLeft && end > begin) {
    const std::size_t start = start_of_last(text, end);
    std::size_t at = start;
    if (!strips(next_code_point(text, at))) break;
    end = start;
  }
  return text.substr(begin, end - begin);
}

std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  constexpr std::size_t kShort = 32;  // for these the plain search is faster and still bounded
  if (wanted.size() <= kShort || from > text.size()) return text.find(wanted, from);
  if (wanted.size() > text.size() - from) return std::string_view::npos;
  const std::vector<std::size_t> table = failure_table(wanted);
  for (std::size_t i = from, k = 0; i < text.size(); ++i) {
    while (k > 0 && text[i] != wanted[k]) k = table[k - 1];
    if (text[i] == wanted[k]) ++k;
    if (k == wanted.size()) return i + 1 - k;
  }
  return std::string_view::npos;
}

std::size_t rfind_text(std::string_view text, std::string_view wanted) {
  constexpr std::size_t kShort = 32;
  if (wanted.size() <= kShort) return text.rfind(wanted);
  if (wanted.size() > text.size()) return std::string_view::npos;
  // The last occurrence is the first one of the reversed text.
  const std::string reversed_text(text.rbegin(), text.rend());
  const std::string reversed_wanted(wanted.rbegin(), wanted.rend());
  const std::size_t at = find_text(reversed_text, reversed_wanted);
  return at == std::string_view::npos ? at : text.size() - wanted.size() - at;
}

std::size_t count_text(std::string_view text, std::string_view wanted) {
  if (wanted.empty()) return count_code_points(text) + 1;
  std::size_t n = 0;
  for (std::size_t at = find_text(text, wanted); at != std::string_view::npos; ++n) {
    at = find_text(text, wanted, at + wanted.size());
  }
  return n;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t max_splits) {
  TENFOLD_DCHECK(!separator.empty());
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (max_splits < 0 || static_cast<std::int64_t>(parts.size()) < max_splits) {
    const std::size_t at = find_text(text, separator, begin);
    if (at == std::string_view::npos || parts.size() > kMaxParts) break;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<std::string_view> rsplit(std::string_view text, std::string_view separator, std::int64_t max_splits) {
  // Splitting from the right is splitting the reversed text from the left.
  const std::string reversed_text(text.rbegin(), text.rend());
  const std::string reversed_separator(separator.rbegin(), separator.rend());
  std::vector<std::string_view> parts = split(reversed_text, reversed_separator, max_splits);
  for (std::string_view& part : parts) {
    const auto before = static_cast<std::size_t>(part.data() - reversed_text.data());
    part = text.substr(text.size() - before - part.size(), part.size());
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_space(std::string_view text, std::int64_t max_splits) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, std::nullopt, Sides::kLeft);
  while (!rest.empty() && parts.size() <= kMaxParts) {
    if (max_splits >= 0 && static_cast<std::int64_t>(parts.size()) == max_splits) {
      parts.push_back(rest);
      break;
    }
    std::size_t end = 0;
    while (end < rest.size()) {
      std::size_t after = end;
      if (is_space(next_code_point(rest, after))) break;
      end = after;
    }
    parts.push_back(rest.substr(0, end));
    rest = strip(rest.substr(end), std::nullopt, Sides::kLeft);
  }
  return parts;
}

std::vector<std::string_view> rsplit_space(std::string_view text, std::int64_t max_splits) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, std::nullopt, Sides::kRight);
  while (!rest.empty() && parts.size() <= kMaxParts) {
    if (max_splits >= 0 && static_cast<std::int64_t>(parts.size()) == max_splits) {
      parts.push_back(rest);
      break;
    }
    std::size_t begin = rest.size();
    while (begin > 0) {
      const std::size_t start = start_of_last(rest, begin);
      std::size_t at = start;
      if (is_space(next_code_point(rest, at))) break;
      begin = start;
    }
    parts.push_back(rest.substr(begin));
    rest = strip(rest.substr(0, begin), std::nullopt, Sides::kRight);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, LineEnds ends) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size() && lines.size() <= kMaxParts;) {
    const std::size_t end = at;
    const char32_t c = next_code_point(text, at);
    if (!is_line_end(c)) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(text.substr(begin, (ends == LineEnds::kKeep ? at : end) - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::size_t replaced_size(std::string_view text, std::string_view from, std::string_view to, std::int64_t max_count) {
  std::size_t n = count_text(text, from);
  if (max_count >= 0) n = std::min(n, static_cast<std::size_t>(max_count));
  if (to.size() <= from.size()) return text.size() - n * (from.size() - to.size());
  std::size_t grown = 0;
  if (__builtin_mul_overflow(n, to.size() - from.size(), &grown) ||
      __builtin_add_overflow(grown, text.size(), &grown)) {
    return std::numeric_limits<std::size_t>::max();
  }
  return grown;
}

MarkedText replace(const MarkedView& text, std::string_view from, const MarkedView& to, std::int64_t max_count) {
  MarkedText result;
  std::size_t done = 0;
  const auto copy_up_to = [&](std::size_t end) {
    result.append(text.part(done, end - done));
    done = end;
  };
  const auto put = [&](Origin instead_of) {
    result.append(instead_of == Origin::kTemplate ? to : MarkedView{to.text, Origin::kGiven});
  };
  for (std::int64_t n = 0; max_count < 0 || n < max_count; ++n) {
    if (from.empty()) {
      put(text.origin);
      if (done == text.text.size()) break;
      copy_up_to(done + code_point_bytes(text.text[done]));
      continue;
    }
    const std::size_t at = find_text(text.text, from, done);
    if (at == std::string_view::npos) break;
    copy_up_to(at);
    put(text.part(at, from.size()).origin);
    done = at + from.size();
  }
  copy_up_to(text.text.size());
  return result;
}

std::string escape_html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '\'': result += "&#39;"; break;
      case '"': result += "&#34;"; break;
      default: result += c;
    }
  }
  return result;
}

SliceRange resolve_slice(std::size_t length, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                         std::int64_t step) {
  TENFOLD_DCHECK(step != 0);
  const auto n = static_cast<std::int64_t>(length);
  const std::int64_t lowest = step < 0 ? -1 : 0;
  const std::int64_t highest = step < 0 ? n - 1 : n;
  const auto clamp = [&](std::optional<std::int64_t> bound, std::int64_t absent) {
    if (!bound) return absent;
    return std::clamp(*bound < 0 ? (*bound < -n ? lowest : *bound + n) : *bound, lowest, highest);
  };
  const std::int64_t from = clamp(start, step < 0 ? highest : lowest);
  const std::int64_t to = clamp(stop, step < 0 ? lowest : highest);
  std::size_t count = 0;
  if (step > 0 && from < to) count = static_cast<std::size_t>((to - from - 1) / step) + 1;
  if (step < 0 && to < from) count = static_cast<std::size_t>((to - from + 1) / step) + 1;
  return {from, step, count};
}

MarkedText slice_text(const MarkedView& text, const SliceRange& range) {
  MarkedText result;
  if (range.count == 0) return result;
  if (range.step == 1) {
    const std::size_t begin = byte_of_code_point(text.text, static_cast<std::size_t>(range.start));
    result.append(text.part(begin, byte_of_code_point(text.text.substr(begin), range.count)));
    return result;
  }
  std::vector<std::uint32_t> starts;
  for (std::size_t at = 0; at < text.text.size(); at += code_point_bytes(text.text[at])) {
    starts.push_back(static_cast<std::uint32_t>(at));
  }
  for (std::size_t i = 0; i < range.count; ++i) {
    const std::size_t begin = starts[static_cast<std::size_t>(range.start + static_cast<std::int64_t>(i) * range.step)];
    result.append(text.part(begin, code_point_bytes(text.text[begin])));
  }
  return result;
}

}  // namespace tenfold::jinja
