#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model_file/gguf/gguf_file.h"

namespace tenfold {
namespace {

template <typename T>
GgufEntry scalar(std::string key, T value) {
  return {std::move(key), GgufScalar(value)};
}
template <typename T>
GgufEntry array(std::string key, std::vector<T> values) {
  return {std::move(key), GgufArray(std::move(values))};
}

TEST(GgufMetadata, KeepsOrderAndFindsByKey) {
  const GgufMetadata metadata({scalar("b", std::uint32_t{1}), scalar("a", std::uint32_t{2}), scalar("c", true)});
  EXPECT_EQ(metadata.entries()[0].key, "b");
  EXPECT_TRUE(metadata.has("a"));
  EXPECT_FALSE(metadata.has("ab"));
  EXPECT_EQ(metadata.find(""), nullptr);
  EXPECT_EQ(*metadata.unsigned_integer("a"), 2u);
  EXPECT_EQ(metadata.duplicate(), nullptr);
  EXPECT_FALSE(GgufMetadata({}).has("a"));
}

TEST(GgufMetadata, SeesDuplicates) {
  const GgufMetadata metadata({scalar("b", std::uint32_t{1}), scalar("a", std::uint32_t{2}), scalar("b", true)});
  ASSERT_NE(metadata.duplicate(), nullptr);
  EXPECT_EQ(metadata.duplicate(), &metadata.entries()[2]);
}

TEST(GgufMetadata, IntegersChangeWidthWhenTheyFit) {
  const GgufMetadata metadata({scalar("u8", std::uint8_t{200}), scalar("i16", std::int16_t{-5}),
                               scalar("u64", std::numeric_limits<std::uint64_t>::max()),
                               scalar("i64", std::numeric_limits<std::int64_t>::min()), scalar("bool", true),
                               scalar("f32", 1.0f)});
  EXPECT_EQ(*metadata.unsigned_integer("u8"), 200u);
  EXPECT_EQ(*metadata.integer("u8"), 200);
  EXPECT_EQ(*metadata.integer("i16"), -5);
  EXPECT_EQ(*metadata.unsigned_integer("u64"), ~std::uint64_t{0});
  EXPECT_EQ(*metadata.integer("i64"), std::numeric_limits<std::int64_t>::min());

  EXPECT_EQ(metadata.unsigned_integer("i16").status().message(),
            "key i16: expected an integer of 0…18446744073709551615, found -5");
  EXPECT_EQ(metadata.integer("u64").status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(metadata.integer("bool").status().message(), "key bool: expected an integer, found bool");
  EXPECT_EQ(metadata.integer("f32").status().message(), "key f32: expected an integer, found float32");
  EXPECT_EQ(metadata.integer("nonsuch").status().code(), StatusCode::kNotFound);
}

TEST(GgufMetadata, RealsAreFiniteFloats) {
  const GgufMetadata metadata({scalar("f32", 0.5f), scalar("f64", 1e300), scalar("nan", std::nanf("")),
                               scalar("inf", std::numeric_limits<double>::infinity()),
                               scalar("u32", std::uint32_t{1})});
  EXPECT_EQ(*metadata.real("f32"), 0.5);
  EXPECT_EQ(*metadata.real("f64"), 1e300);
  for (const char* key : {"nan", "inf", "u32"}) EXPECT_EQ(metadata.real(key).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(metadata.real("nonsuch").status().code(), StatusCode::kNotFound);
}

TEST(GgufMetadata, OtherScalarsDoNotConvert) {
  const GgufMetadata metadata(
      {scalar("text", std::string("hello")), scalar("yes", true), scalar("u8", std::uint8_t{1})});
  EXPECT_EQ(*metadata.string("text"), "hello");
  EXPECT_EQ(metadata.string("yes").status().message(), "key yes: expected string, found bool");
  EXPECT_TRUE(*metadata.boolean("yes"));
  EXPECT_EQ(metadata.boolean("u8").status().message(), "key u8: expected bool, found uint8");
}

TEST(GgufMetadata, ArraysAreTypedCopies) {
  const GgufMetadata metadata({array<std::string>("s", {"a", "b"}), array<float>("f", {1.5f}),
                               array<std::int8_t>("i8", {-1, 2}), array<std::uint64_t>("u64", {1, ~std::uint64_t{0}}),
                               array<bool>("b", {true, false}), scalar("one", std::string("a"))});
  EXPECT_EQ((*metadata.strings("s"))[1], "b");
  EXPECT_EQ((*metadata.floats("f"))[0], 1.5f);
  EXPECT_EQ(*metadata.integers("i8"), (std::vector<std::int64_t>{-1, 2}));
  EXPECT_EQ(*metadata.booleans("b"), (std::vector<bool>{true, false}));
  EXPECT_EQ(metadata.integers("u64").status().message(),
            "key u64: expected integers below 2^63, found 18446744073709551615 at 1");
  EXPECT_EQ(metadata.strings("f").status().message(), "key f: expected array of string, found array of float32");
  EXPECT_EQ(metadata.strings("one").status().message(), "key one: expected array of string, found string");
  EXPECT_EQ(metadata.floats("i8").status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(metadata.integers("f").status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(metadata.integers("b").status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(metadata.booleans("i8").status().code(), StatusCode::kCorruptData);
  for (const auto& status : {metadata.strings("x").status(), metadata.floats("x").status(),
                             metadata.integers("x").status(), metadata.booleans("x").status()}) {
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
  }
}

TEST(GgufMetadata, ACallerSaysHowManyElementsItTakes) {
  const GgufMetadata metadata({array<std::string>("s", {"a", "b"}), array<float>("f", {1.5f, 2}),
                               array<std::int8_t>("i8", {-1, 2}), array<bool>("b", {true, false})});
  EXPECT_EQ(metadata.n_elements("s"), 2u);
  EXPECT_EQ(metadata.n_elements("x"), 0u);
  EXPECT_TRUE(metadata.strings("s", 2).ok());
  for (const auto& status : {metadata.strings("s", 1).status(), metadata.floats("f", 1).status(),
                             metadata.integers("i8", 1).status(), metadata.booleans("b", 1).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_NE(status.message().find("expected at most 1 elements, found 2"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace tenfold
