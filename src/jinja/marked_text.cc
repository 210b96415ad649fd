#include "jinja/marked_text.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold::jinja {

MarkedView MarkedView::part(std::size_t begin, std::size_t n_bytes) const {
  TENFOLD_DCHECK(begin <= text.size() && n_bytes <= text.size() - begin);
  const std::string_view inside = text.substr(begin, n_bytes);
  if (origin != Origin::kMixed) return {inside, origin};
  const auto first = static_cast<std::uint32_t>(offset + begin);
  const auto last = static_cast<std::uint32_t>(first + inside.size());
  const auto from = std::partition_point(given.begin(), given.end(), [&](TextRange r) { return r.end <= first; });
  const auto to = std::partition_point(from, given.end(), [&](TextRange r) { return r.begin < last; });
  if (inside.empty() || from == to) return written(inside);
  if (from->begin <= first && from->end >= last) return {inside, Origin::kGiven};
  return {inside, Origin::kMixed, {from, to}, first};
}

void MarkedText::append(const MarkedView& view) {
  view.for_each_stretch([&](std::string_view more, Origin of) {
    const auto begin = static_cast<std::uint32_t>(text.size());
    text += more;
    if (of == Origin::kTemplate) return;
    const auto end = static_cast<std::uint32_t>(text.size());
    if (!given.empty() && given.back().end == begin) {
      given.back().end = end;
    } else {
      given.push_back({begin, end});
    }
  });
}

MarkedText all_given(MarkedText text) {
  text.given.clear();
  if (!text.text.empty()) text.given.push_back({0, static_cast<std::uint32_t>(text.text.size())});
  return text;
}

Origin MarkedText::origin() const {
  if (given.empty()) return Origin::kTemplate;
  return given.front() == TextRange{0, static_cast<std::uint32_t>(text.size())} ? Origin::kGiven : Origin::kMixed;
}

}  // namespace tenfold::jinja
