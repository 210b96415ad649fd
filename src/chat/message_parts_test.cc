#include "chat/message_parts.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(MessageParts, CountsThePartsThatAreImages) {
  EXPECT_EQ(count_images(parse_json(R"([{"role": "user", "content": "image"}])").value()), 0U);
  EXPECT_EQ(count_images(parse_json(R"([{"content": [{"type": "image"}, {"type": "text", "text": "x"}]},
                                         {"content": [{"type": "image_url", "image_url": {"url": "data:"}},
                                                      {"type": "input_image", "image_url": "data:"}]}])")
                             .value()),
            3U);
  for (const char* odd : {"{}", "null", "[1, null, []]", R"([{"content": [1, {"type": 2}, null]}])", R"([{}])"}) {
    EXPECT_EQ(count_images(parse_json(odd).value()), 0U) << odd;
  }
}

TEST(MessageParts, GetTheNamesThatTemplatesKnow) {
  Json parts = parse_json(R"([{"type": "input_text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}},
                              {"type": "input_image"}, {"type": "image", "id": 1}, "b", {"text": "c"}])")
                   .value();
  EXPECT_TRUE(use_common_names(parts).ok());
  EXPECT_EQ(parts.dump(), R"([{"type":"text","text":"a"},{"type":"image"},{"type":"image"},{"type":"image","id":1},)"
                          R"({"type":"text","text":"b"},{"text":"c","type":"text"}])");
}

TEST(MessageParts, KeepTheirOrderAsText) {
  const auto flat = flatten(parse_json(R"([{"type": "text", "text": "What "}, {"type": "image_url"},
                                           {"type": "input_text", "text": " is"}, " it?"])")
                                .value(),
                            "<i>");
  ASSERT_TRUE(flat.ok()) << flat.status().to_string();
  EXPECT_EQ(flat->text, "What <i> is it?");
  EXPECT_EQ(flat->images, (std::vector<TextRange>{{5, 8}}));
}

TEST(MessageParts, NothingIsLeftOutSilently) {
  const auto refused = [](const char* parts, std::string_view image_text) {
    return std::string(flatten(parse_json(parts).value(), image_text).status().message());
  };
  EXPECT_EQ(refused(R"([{"type": "input_audio"}])", "<i>"),
            "messages: expected parts of type text or image, found input_audio");
  EXPECT_EQ(refused("[7]", "<i>"), "messages: expected parts of type text or image, found number");
  EXPECT_EQ(refused(R"([{"type": "image"}])", ""), "messages: expected texts, for images cannot be shown here");
  for (const char* odd : {R"([{"type": "input_audio"}])", "[7]", "[null]", R"([{"type": "text", "text": 7}])"}) {
    Json parts = parse_json(odd).value();
    EXPECT_EQ(use_common_names(parts).code(), StatusCode::kUnsupported) << odd;
  }
}

}  // namespace
}  // namespace tenfold
