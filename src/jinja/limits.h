// The bounds of one template. The defaults leave room for conversations of millions of characters and stop a
// template that never ends within about a second.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenfold::jinja {

struct Limits {
  std::size_t max_source_bytes = std::size_t{1} << 20;
  std::uint64_t max_steps = 10'000'000;                  // nodes evaluated, items visited, bytes handled
  std::size_t max_value_bytes = std::size_t{64} << 20;   // alive at one time, beside the input
  std::size_t max_output_bytes = std::size_t{16} << 20;  // text rendered and its marks, captured buffers included
  int max_depth = 600;                                   // nested evaluation: a macro call costs about six
};

}  // namespace tenfold::jinja
