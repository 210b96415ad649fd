#include "engine/same_vocabulary.h"

#include <gtest/gtest.h>

#include "tokenizer/made_up_vocab.h"

namespace tenfold {
namespace {

TEST(SameVocabulary, SaysWhatDiffers) {
  const MadeUpVocab mine("gpt2", {{"the"}, {"sea"}});
  const auto tokenizer = std::move(Tokenizer::create(mine.data)).value();
  EXPECT_TRUE(expect_same_vocabulary(*tokenizer, mine.data.tokens).ok());

  const MadeUpVocab shorter("gpt2", {{"the"}});
  const Status size = expect_same_vocabulary(*tokenizer, shorter.data.tokens);
  EXPECT_EQ(size.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(size.message().find("258 tokens, found 257"), std::string_view::npos) << size.to_string();

  const MadeUpVocab other("gpt2", {{"the"}, {"sky"}});
  const Status text = expect_same_vocabulary(*tokenizer, other.data.tokens);
  EXPECT_EQ(text.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(text.message().find("token 257 is \"sea\", found \"sky\""), std::string_view::npos) << text.to_string();
}

}  // namespace
}  // namespace tenfold
