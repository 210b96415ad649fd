#include "image/data_url.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tenfold {
namespace {

std::string text_of(const Result<std::vector<std::byte>>& bytes) {
  if (!bytes.ok()) return bytes.status().to_string();
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

void expect_refused(const Status& status, std::string_view reason) {
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.to_string();
  EXPECT_NE(status.message().find(reason), std::string_view::npos) << status.to_string() << "\nexpected: " << reason;
}

TEST(Base64Test, TheExamplesOfTheStandard) {
  EXPECT_EQ(text_of(decode_base64("")), "");
  EXPECT_EQ(text_of(decode_base64("Zg==")), "f");
  EXPECT_EQ(text_of(decode_base64("Zm8=")), "fo");
  EXPECT_EQ(text_of(decode_base64("Zm9v")), "foo");
  EXPECT_EQ(text_of(decode_base64("Zm9vYg==")), "foob");
  EXPECT_EQ(text_of(decode_base64("Zm9vYmE=")), "fooba");
  EXPECT_EQ(text_of(decode_base64("Zm9vYmFy")), "foobar");
  EXPECT_EQ(text_of(decode_base64("+/+/")), "\xFB\xFF\xBF");
}

TEST(Base64Test, ForgivesWhiteSpaceMissingPaddingAndUnusedBits) {
  EXPECT_EQ(text_of(decode_base64("Zm9v\nYmFy\n")), "foobar");
  EXPECT_EQ(text_of(decode_base64(" Zm 9v\r\n\t\fYmE\n=\n ")), "fooba");
  EXPECT_EQ(text_of(decode_base64("Zg")), "f");
  EXPECT_EQ(text_of(decode_base64("Zm9vYmE")), "fooba");
  EXPECT_EQ(text_of(decode_base64("Zh==")), "f");
  EXPECT_EQ(text_of(decode_base64("Zm9=")), "fo");
}

TEST(Base64Test, RefusesAnythingElseByItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"Zg=", "found 1 after 2 characters at offset 2"},
      {"Zg===", "found 3 after 2 characters at offset 2"},
      {"Zm9v=", "found 1 after 4 characters at offset 4"},
      {"Zm9v====", "found 4 after 4 characters at offset 4"},
      {"=", "at offset 0"},
      {"====", "at offset 0"},
      {"Z", "found 1 before offset 1"},
      {"Z===", "found 1 before offset 4"},
      {"Zm9vZ\n", "found 1 before offset 6"},
      {"Zg==\nZg==", "= at the end only, found it at offset 2"},
      {"Zm=v", "found it at offset 2"},
      {"Zm\nZ-_v", "at offset 4, found -"},
      {"\xC3\xA9zz", "at offset 0, found \\xc3"},
      {"Zm\vv", "at offset 2"},
  };
  for (const auto& [text, reason] : cases) expect_refused(decode_base64(text).status(), reason);
  expect_refused(decode_base64(std::string_view("Zm\0v", 4)).status(), "at offset 2");
}

TEST(DataUrlTest, IsToldByItsScheme) {
  for (const char* url : {"data:image/png;base64,Zg==", "DATA:,x", " \n data:,x"}) EXPECT_TRUE(is_data_url(url)) << url;
  for (const char* path : {"/tmp/data:image", "data", "dat", "", "datas:x"}) EXPECT_FALSE(is_data_url(path)) << path;
}

TEST(DataUrlTest, WhateverTheMediaTypeSays) {
  for (const char* head : {"data:image/png;base64", "data:image/svg+xml;charset=utf-8;base64", "data:;base64",
                           "data:text/plain;base64", "data:application/octet-stream;base64", "data:IMAGE/JPEG;BASE64",
                           "DATA:image/png;  base64", "data:a/b;base64 ", "data:image/jpg;name=a.jpg;base64",
                           "data: image/png ;base64", "data:image/png;\nbase64", " data:image/png;base64"}) {
    EXPECT_EQ(text_of(decode_data_url(std::string(head) + ",Zm8=")), "fo") << head;
  }
}

TEST(DataUrlTest, BrokenLinesPercentSignsAndFragments) {
  constexpr const char* kHead = "data:image/png;base64,";
  for (const char* body : {"Zm9v\nYmE=\n", "Zm9v\r\nYmE=", "Zm9v YmE= ", "Zm9vYmE", "Zm9vYmE%3D", "Zm9vYmE%3d",
                           "%5Am9vYmE=", "Zm9v%0AYmE%20=", "Zm9vYmE=#xywh=1,2", "Zm9v%\n0AYmE="}) {
    EXPECT_EQ(text_of(decode_data_url(std::string(kHead) + body)), "fooba") << body;
  }
  EXPECT_EQ(text_of(decode_data_url(std::string(kHead) + "%2B/%2b/")), "\xFB\xFF\xBF");
}

TEST(DataUrlTest, BytesAsTheyAre) {
  EXPECT_EQ(text_of(decode_data_url("data:,")), "");
  EXPECT_EQ(text_of(decode_data_url("data:image/png,Zm8=")), "Zm8=");
  EXPECT_EQ(text_of(decode_data_url("data:image/png,%89PNG%0D%0A%1a%0A+ %4")), "\x89PNG\r\n\x1A\n+ %4");
  EXPECT_EQ(text_of(decode_data_url("data:image/png,%zz%4g%")), "%zz%4g%");
  EXPECT_EQ(text_of(decode_data_url("data:image/pngbase64,Zg")), "Zg");
  EXPECT_EQ(text_of(decode_data_url("data:base64,Zg")), "Zg");
  EXPECT_EQ(text_of(decode_data_url("data:a;base64;b,Zg")), "Zg");
}

TEST(DataUrlTest, RefusesWhatIsNone) {
  for (const char* url : {"data:image/png;base64", "http://localhost/a.png", "", "data:#,x"}) {
    expect_refused(decode_data_url(url).status(), "expected data:image");
  }
  expect_refused(decode_data_url("data:image/png;base64,Zm9v!").status(), "offset 26, found !");
  expect_refused(decode_data_url(" data:image/png;base64,Zm9v%21").status(), "offset 27, found !");
  expect_refused(decode_data_url("data:image/png;base64,Zm9vY").status(), "offset 27");
}

}  // namespace
}  // namespace tenfold
