// What the examples' main functions share: the arguments, and what to do with a failure.
#pragma once

#include <tenfold/status.h>

#include <cstdio>
#include <span>

using Arguments = std::span<const char* const>;

// example: gets exactly n arguments.
template <typename Example>
int run(int argc, char** argv, int n, Example&& example) {
  if (argc != n + 1) return 2;
  const tenfold::Status status = example(Arguments(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return status.ok() ? 0 : 1;
}
