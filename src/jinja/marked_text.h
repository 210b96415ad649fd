// Text that knows who wrote it: the template, or somebody who gave a message, a tool's description, a variable.
//
// What is given must never be taken for what the template says, so every string of the interpreter is marked. For most
// a flag says it all; only strings put together from both have ranges. Whatever cuts strings or puts them together
// keeps the marks. Whatever else makes a string of strings leaves it as it is made, given, and call_native() says once
// for all what follows: it is the template's if nothing given went in. What replaces given text is given too, for who
// gave that text decided that it stands there. And where what was given says how to take the template's words apart (a
// field of a format, a separator, what to replace or to strip), all that comes of them is given: else it could put a
// control token together of pieces that the template never wrote side by side. Numbers are the template's words,
// whoever gave them.
//
// A range takes 8 bytes and at least two of text, one in it and one behind it, and is paid for like them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/text_range.h"

namespace tenfold::jinja {

enum class Origin : std::uint8_t { kGiven, kTemplate, kMixed };

// A part of a marked text. Not owned.
struct MarkedView {
  std::string_view text;
  Origin origin = Origin::kGiven;
  std::span<const TextRange> given = {};  // kMixed: the ranges that reach into it …
  std::uint32_t offset = 0;               // … in a text in which it begins here

  static MarkedView written(std::string_view text) { return {text, Origin::kTemplate}; }
  [[nodiscard]] bool is_written() const { return origin == Origin::kTemplate; }

  // Bytes within it.
  [[nodiscard]] MarkedView part(std::size_t begin, std::size_t n_bytes) const;
  // Of a view into `text`.
  [[nodiscard]] MarkedView part(std::string_view inside) const {
    return part(static_cast<std::size_t>(inside.data() - text.data()), inside.size());
  }
  [[nodiscard]] std::size_t n_bytes() const { return text.size() + given.size_bytes(); }
  // The stretches of one origin, from left to right: (text, Origin).
  template <typename Visit>
  void for_each_stretch(Visit visit) const;
};

struct MarkedText {
  std::string text;
  std::vector<TextRange> given;  // ascending, none empty, none touching the next

  void append(const MarkedView& view);
  void append_written(std::string_view more) { append({more, Origin::kTemplate}); }
  void append_given(std::string_view more) { append({more, Origin::kGiven}); }

  [[nodiscard]] Origin origin() const;
  [[nodiscard]] MarkedView view() const { return {text, origin(), given, 0}; }
  [[nodiscard]] std::size_t n_bytes() const { return text.size() + given.size() * sizeof(TextRange); }
};

// The same text, all of it given.
MarkedText all_given(MarkedText text);

// map(text), with marks where its stretches are mapped to the same one by one; else all of it is given.
template <typename Map>
MarkedText map_text(const MarkedView& view, Map map);

template <typename Visit>
void MarkedView::for_each_stretch(Visit visit) const {
  if (origin != Origin::kMixed) {
    if (!text.empty()) visit(text, origin);
    return;
  }
  std::size_t at = 0;
  const auto up_to = [&](std::size_t end, Origin of) {
    if (end > at) visit(text.substr(at, end - at), of);
    at = std::max(at, end);
  };
  for (const TextRange& range : given) {
    up_to(range.begin > offset ? range.begin - offset : 0, Origin::kTemplate);
    up_to(std::min<std::size_t>(range.end - offset, text.size()), Origin::kGiven);
  }
  up_to(text.size(), Origin::kTemplate);
}

template <typename Map>
MarkedText map_text(const MarkedView& view, Map map) {
  MarkedText whole;
  if (view.origin != Origin::kMixed) {
    whole.append({map(view.text), view.origin});
    return whole;
  }
  MarkedText mapped;
  view.for_each_stretch([&](std::string_view text, Origin origin) { mapped.append({map(text), origin}); });
  whole.append_given(map(view.text));
  return mapped.text == whole.text ? mapped : whole;
}

}  // namespace tenfold::jinja
