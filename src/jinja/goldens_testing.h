// For tests only: the files that tools/make_template_goldens.py writes, and the clock that it had.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/json.h"

namespace tenfold {

inline std::string read_golden_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Json read_golden_json(const std::string& path) {
  auto json = parse_json(read_golden_text(path));
  EXPECT_TRUE(json.ok()) << path << ": " << json.status().to_string();
  return json.ok() ? *json : Json();
}

class InUtc : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

}  // namespace tenfold
