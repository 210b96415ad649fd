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

TEST(ParseJson, ARepeatedKeyKeepsItsPlaceAndTakesTheLaterValue) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":{"x":1},"a":[2]})")->dump(), R"({"a":[2],"b":{"x":1}})");
  std::string wide = "{";
  for (int i = 0; i < 100; ++i) wide += "\"k" + std::to_string(i) + "\":0,";
  const Result<Json> r = parse_json(wide + R"("k7":7,"k99":{"y":[1]}})");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->size(), 100u);
  EXPECT_EQ(r->at("k7"), 7);
  EXPECT_EQ(r->at("k99").dump(), R"({"y":[1]})");
  EXPECT_EQ(r->back(), r->at("k99"));
}

TEST(ParseJson, AnObjectOfManyKeysTakesLinearTime) {
  // Comparing every key with every other would take hours here.
  std::string wide = "{\"k\":0";
  for (int i = 0; i < 300000; ++i) wide += ",\"k" + std::to_string(i) + "\":0";
  const Result<Json> r = parse_json(wide + "}");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->size(), 300001u);
}

TEST(ParseJson, RefusesLongText) {
  // A tree of more would not fit into a gigabyte.
  EXPECT_EQ(parse_json(std::string(33 << 20, ' ')).status().code(), StatusCode::kResourceExhausted);
  JsonLimits limits;
  limits.max_bytes = 4;
  EXPECT_EQ(parse_json("[1,2,3]", limits).status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tenfold
