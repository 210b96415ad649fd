#include "engine/same_vocabulary.h"

#include <gtest/gtest.h>

#include "tokenizer/vocab_testing.h"

namespace tenfold {
namespace {

TEST(SharedVocabulary, BearsPaddingAndAFewOtherNames) {
  const MadeUpVocab mine("gpt2", {{"the"}, {"sea"}});
  const auto tokenizer = std::move(Tokenizer::create(mine.data)).value();
  const auto same = shared_vocabulary(*tokenizer, mine.data.tokens);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->n_tokens, 258);
  EXPECT_TRUE(same->renamed.empty());

  const MadeUpVocab shorter("gpt2", {{"the"}});
  EXPECT_EQ(shared_vocabulary(*tokenizer, shorter.data.tokens)->n_tokens, 257);
  const MadeUpVocab longer("gpt2", {{"the"}, {"sea"}, {"pad"}});
  EXPECT_EQ(shared_vocabulary(*tokenizer, longer.data.tokens)->n_tokens, 258);

  const MadeUpVocab renamed("gpt2", {{"the"}, {"sky"}, {"pad"}});
  const auto other = shared_vocabulary(*tokenizer, renamed.data.tokens);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->n_tokens, 258);
  EXPECT_EQ(other->renamed, std::vector<TokenId>{257});
}

TEST(SharedVocabulary, SaysWhatDiffersInAnother) {
  const MadeUpVocab mine("gpt2", {{"the"}, {"sea"}, {"is"}});
  const auto tokenizer = std::move(Tokenizer::create(mine.data)).value();
  const MadeUpVocab other("gpt2", {{"a"}, {"sky"}, {"was"}});
  const Status status = shared_vocabulary(*tokenizer, other.data.tokens).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("token 256 is \"the\", found \"a\""), std::string_view::npos) << status.to_string();
  EXPECT_NE(status.message().find("of 259 tokens that both have 3 differ, expected at most 2"), std::string_view::npos)
      << status.to_string();
}

}  // namespace
}  // namespace tenfold
