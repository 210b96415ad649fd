#include "convert/python_json.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tenfold {
namespace {

TEST(QuoteNonFinite, MakesTextsOfWhatIsNoNumber) {
  EXPECT_EQ(quote_non_finite(R"({"a": NaN, "b": [Infinity,-Infinity], "c": -1})"),
            R"({"a": "NaN", "b": ["Infinity","-Infinity"], "c": -1})");
}

TEST(QuoteNonFinite, LeavesTextsAlone) {
  for (const char* text : {R"({"NaN": "Infinity", "x": "\"NaN", "y\\": "-Infinity\\"})", "", "\"NaN", "\"a\\", "{}"}) {
    EXPECT_EQ(quote_non_finite(text), text);
  }
}

TEST(QuoteNonFinite, WhatIsNotJsonStaysSo) {
  for (const char* text : {"[NaNNaN]", "[1NaN]", "{NaN}", "[Inf]", "[+Infinity]"}) {
    EXPECT_FALSE(parse_json(quote_non_finite(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace tenfold
