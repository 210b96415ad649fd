#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

TEST(ParseJson, KeepsKeyOrder) {
  const Result<Json> r = parse_json(R"({"z":1,"a":[2,3.5,"é"]})");
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->dump(), R"({"z":1,"a":[2,3.5,"é"]})");
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "{", "[1,]", "nul", "\"\xff\"", "1 2", "{\"a\":}"}) {
    EXPECT_EQ(parse_json(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
}

TEST(ParseJson, RefusesDeepNesting) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_EQ(parse_json(deep).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')).ok());
}

TEST(ParseJson, RefusesLongText) {
  JsonLimits limits;
  limits.max_bytes = 4;
  EXPECT_EQ(parse_json("[1,2,3]", limits).status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tenfold
