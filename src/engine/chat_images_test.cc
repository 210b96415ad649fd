#include "engine/chat_images.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(ChatImagesTest, CountsThePartsThatArePictures) {
  EXPECT_EQ(count_images(parse_json(R"([{"role": "user", "content": "image"}])").value()), 0U);
  EXPECT_EQ(count_images(parse_json(R"([{"content": [{"type": "image"}, {"type": "text", "text": "x"}]},
                                         {"content": [{"type": "image_url", "image_url": {"url": "data:"}}]}])")
                             .value()),
            2U);
  for (const char* odd : {"{}", "null", "[1, null, []]", R"([{"content": [1, {"type": 2}, null]}])", R"([{}])"}) {
    EXPECT_EQ(count_images(parse_json(odd).value()), 0U) << odd;
  }
}

TEST(ChatImagesTest, AsTextPicturesComeFirst) {
  const Json messages = parse_json(R"([{"role": "system", "content": "s"},
    {"role": "user", "content": [{"type": "text", "text": "What "}, {"type": "image"}, {"type": "text", "text": "is it?"}]}])")
                            .value();
  const Json text = images_as_text(messages, "<i>");
  EXPECT_EQ(text[0], messages[0]);
  EXPECT_EQ(text[1]["role"], "user");
  EXPECT_EQ(text[1]["content"], "<i>What is it?");
}

TEST(ChatImagesTest, Counts) {
  EXPECT_EQ(count_of("ab", "abxabab"), 3U);
  EXPECT_EQ(count_of("aa", "aaa"), 1U);
  EXPECT_EQ(count_of("x", ""), 0U);
}

}  // namespace
}  // namespace tenfold
