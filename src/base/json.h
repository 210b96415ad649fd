// JSON from outside, with limits. Objects keep the order of their keys (chat templates print them in that order).
//
// nlohmann::ordered_json does the work; this folder is the edge at which its exceptions stop. Thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  int max_depth = 64;
  std::size_t max_bytes = std::size_t{32} << 20;  // a list of empty texts takes twenty times as much
};

// Errors: kInvalidArgument with the byte offset for text that is not JSON or not UTF-8; kResourceExhausted past a
// limit.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace tenfold
