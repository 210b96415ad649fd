#include "chat/reply_loose_json.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

std::string read(std::string_view text) {
  const std::optional<Json> values = read_loose_json(text);
  return values ? values->dump() : "nothing";
}

TEST(LooseJson, StrictJsonIsWhatItIs) {
  EXPECT_EQ(read(R"({"a": [1, 2.5, null, "x\n"], "b": {}})"), R"([{"a":[1,2.5,null,"x\n"],"b":{}}])");
  EXPECT_EQ(read(R"("a, 'b'")"), R"(["a, 'b'"])");
}

TEST(LooseJson, OneValueAfterTheOther) {
  EXPECT_EQ(read("{\"a\": 1}\n{\"b\": 2}"), R"([{"a":1},{"b":2}])");
  EXPECT_EQ(read("{'a': 1}; [2],"), R"([{"a":1},[2]])");
}

TEST(LooseJson, ReadsKeywordArgumentsTuplesAndGemmasQuotes) {
  EXPECT_EQ(read("{a=1, b='x', c=(1, 'y')}"), R"([{"a":1,"b":"x","c":[1,"y"]}])");
  EXPECT_EQ(read(R"({a:<|"|>say "x", 'y'<|"|>,b:<escape>\n<escape>})"), R"([{"a":"say \"x\", 'y'","b":"\\n"}])");
}

TEST(LooseJson, ClosesWhatIsOpenButCompletesNoValue) {
  EXPECT_EQ(read(R"({"a": [{"b": "x")"), R"([{"a":[{"b":"x"}]}])");
  EXPECT_EQ(read(R"({"a": [1, 2})"), R"([{"a":[1,2]}])");
  for (const char* cut : {R"({"a": "x)", R"({"a": tru)", R"({"a": 1)", R"({"a":)", R"({"a")", R"({a)", R"({a:<|"|>x)",
                          R"({"a": "x",)", R"({"a": {)", R"({"a": [)"}) {
    EXPECT_EQ(read(cut), "nothing") << cut;
  }
}

TEST(LooseJson, RefusesProseAndCode) {
  for (const char* text : {"", " ", "x", "no {", "{a b}", "{x: f(1)}", "{\"a\": \"b\" c}", "[1] and more"}) {
    EXPECT_EQ(read(text), "nothing") << text;
  }
}

TEST(LooseJson, RefusesDepthAndTakesLinearTime) {
  EXPECT_EQ(read(std::string(10'000, '[')), "nothing");
  EXPECT_NE(read(std::string(50, '[') + "'x'"), "nothing");
  for (const char* part : {"\"", "' ", "{\"a\":\"", "[1,", "[],", "\\", "{a:\"x\" ", "<|\"|>", "\" \""}) {
    std::string text = "{\"a\": 'x";
    while (text.size() < (std::size_t{1} << 20)) text += part;
    read(text);
  }
}

}  // namespace
}  // namespace tenfold
