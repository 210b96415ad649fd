#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

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
  EXPECT_EQ((*r)["k7"], 7);
  EXPECT_EQ((*r)["k99"].dump(), R"({"y":[1]})");
  EXPECT_EQ(r->items().back().key, "k99");
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

TEST(ParseJson, KeepsTheDigitsOfWholeNumbers) {
  for (const char* digits : {"0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                             "18446744073709551615", "18446744073709551616", "-9223372036854775809",
                             "123456789012345678901", "-99999999999999999999999999999999999999999999999999"}) {
    const Result<Json> r = parse_json(digits);
    ASSERT_TRUE(r.ok()) << digits;
    EXPECT_TRUE(r->is_integer()) << digits;
    EXPECT_EQ(r->dump(), digits);
  }
  EXPECT_EQ(parse_json("1e2")->dump(), "100.0");
  EXPECT_EQ(parse_json("123456789012345678901.0")->type(), Json::Type::kReal);
}

TEST(Json, SaysWhatIsWrongWithoutTheLibrarysNumbers) {
  EXPECT_EQ(parse_json("1e400", {}).status().message(), "JSON: number overflow parsing '1e400'");
  EXPECT_TRUE(parse_json("[1,", {}).status().message().starts_with("JSON: parse error at line 1"));
}

TEST(Json, AnswersForWhatItDoesNotHold) {
  const Json text = "x";
  EXPECT_EQ(text.get<int>(), 0);
  EXPECT_FALSE(text.get<bool>());
  EXPECT_EQ(text.size(), 0u);
  EXPECT_EQ(text.begin(), text.end());
  EXPECT_EQ(text.find("key"), nullptr);
  EXPECT_TRUE(text["key"][3].is_null());
  EXPECT_EQ(Json(3).text(), "");
  EXPECT_EQ(Json::array({1, 2})[5], nullptr);
}

TEST(Json, GivesAWholeNumberToATypeThatHoldsIt) {
  EXPECT_EQ(Json(255).to_integer<std::uint8_t>(), 255);
  EXPECT_EQ(Json(256).to_integer<std::uint8_t>(), std::nullopt);
  EXPECT_EQ(Json(-1).to_integer<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(Json(1.0).to_integer<int>(), std::nullopt);
  EXPECT_EQ(Json("1").to_integer<int>(), std::nullopt);
  const Json large = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(large.to_integer<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(large.to_integer<std::int64_t>(), std::nullopt);
  EXPECT_EQ(large.get<double>(), 18446744073709551616.0);
}

TEST(Json, IsMadeOfListsAndChangedInPlace) {
  Json json = {{"role", "user"}, {"parts", Json::array({1, true, nullptr, 0.5F})}};
  json["n"] = std::vector<int>{1, 2};
  json["role"] = "tool";
  json["parts"].push_back({{"a", Json::object()}});
  EXPECT_EQ(json.dump(), R"({"role":"tool","parts":[1,true,null,0.5,{"a":{}}],"n":[1,2]})");
  EXPECT_EQ(json, parse_json(json.dump()).value());
  EXPECT_NE(json, Json());
  EXPECT_EQ(json["n"].get<std::vector<int>>(), (std::vector<int>{1, 2}));
  json.erase("parts");
  json.erase("none");
  EXPECT_EQ(json.dump(), R"({"role":"tool","n":[1,2]})");
  json["role"].erase("role");
  EXPECT_EQ(json["role"].text(), "tool") << "no object, no members";
}

TEST(Json, WritesWhatEveryReaderTakes) {
  EXPECT_EQ(Json("a\xff\"\\\n\x01\x7f\xc3\xa9").dump(), "\"a\xef\xbf\xbd\\\"\\\\\\n\\u0001\x7f\xc3\xa9\"");
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(1e300).dump(), "1e+300");
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

}  // namespace
}  // namespace tenfold
