#include "engine/text_side.h"

#include <gtest/gtest.h>

#include "engine/requests_testing.h"

namespace tenfold {
namespace {

TEST(TextSide, IsThatOfTheEngineWithoutItsWeights) {
  const auto side = TextSide::open(kTinyModel);
  ASSERT_TRUE(side.ok()) << side.status().to_string();
  const auto engine = open_tiny();
  const std::string text = "Once upon a time there was <s>";
  const TokenizeOptions how = {.add_bos = true, .add_eos = true, .parse_special = true};
  EXPECT_EQ(*(*side)->tokenizer().encode(text, how), *engine->tokenize(text, how));
  EXPECT_EQ((*side)->chat_renderer() != nullptr, engine->info().has_chat_template);
  EXPECT_EQ((*side)->template_found(), engine->info().chat_template_found);
  ASSERT_TRUE((*side)->tokenizer().bos().has_value());
  EXPECT_EQ((*side)->bos(), (*side)->tokenizer().text(*(*side)->tokenizer().bos()));
}

TEST(TextSide, SeesNoImagesUnlessToldWhatTheyAre) {
  const auto side = std::move(TextSide::open(kTinyModel)).value();
  EXPECT_EQ(side->image_placeholder().status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(side->image_text(), "");
  EXPECT_EQ(side->add_images({"<begin>", "<no such token>", "<end>"}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(side->image_text(), "") << "all or nothing";
  ASSERT_TRUE(side->add_images({side->tokenizer().text(3), side->tokenizer().text(4), side->tokenizer().text(5)}).ok());
  EXPECT_EQ(side->image_placeholder().value(), side->tokenizer().find(side->tokenizer().text(4)));
}

TEST(TextSide, NamesTheFileThatHasNoText) {
  EXPECT_EQ(TextSide::open("/nonexistent.gguf").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace tenfold
