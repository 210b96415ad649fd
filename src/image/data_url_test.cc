#include "image/data_url.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

std::string decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  EXPECT_TRUE(bytes.ok()) << bytes.status().to_string();
  if (!bytes.ok()) return "error";
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

TEST(Base64Test, TheExamplesOfTheStandard) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decoded("+/+/"), "\xFB\xFF\xBF");
}

TEST(Base64Test, IsStrict) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v\n", "Zm 9",
                           "Zm9v Zg==", "Zh==", "Zm9=", "Zg==Zg==", "Z-_v", "Zm=v", "\xC3\xA9zz"}) {
    const auto bytes = decode_base64(text);
    EXPECT_EQ(bytes.status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(ImageUrlTest, TakesImagesInBase64Only) {
  EXPECT_TRUE(is_data_url("data:image/png;base64,Zg=="));
  EXPECT_FALSE(is_data_url("/tmp/data:image"));
  for (const char* url : {"data:image/png;base64,Zm8=", "data:image/svg+xml;charset=utf-8;base64,Zm8="}) {
    const auto bytes = decode_image_url(url);
    ASSERT_TRUE(bytes.ok()) << url;
    EXPECT_EQ(bytes->size(), 2U);
  }
  for (const char* url : {"data:image/png,Zm8=", "data:text/plain;base64,Zm8=", "data:image/png;base64", "data:,",
                          "data:image/png;base64,Zm8", "http://localhost/a.png"}) {
    EXPECT_EQ(decode_image_url(url).status().code(), StatusCode::kInvalidArgument) << url;
  }
}

}  // namespace
}  // namespace tenfold
