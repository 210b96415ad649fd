#include "tokenizer/stream_decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "tokenizer/vocab_testing.h"

namespace tenfold {
namespace {

class StreamDecoderTest : public testing::Test {
 protected:
  // Ids below 256 are bytes.
  MadeUpVocab vocab_{"gpt2", {{"<c>", TokenType::kControl}, {"hello"}}};
  std::unique_ptr<Tokenizer> tokenizer_ = Tokenizer::create(vocab_.data).value();
};

TEST_F(StreamDecoderTest, HoldsBackUnfinishedCharacters) {
  StreamDecoder decoder(*tokenizer_);
  EXPECT_EQ(decoder.append('a'), "a");
  EXPECT_EQ(decoder.append(0xE2), "");
  EXPECT_EQ(decoder.append(0x82), "");
  EXPECT_EQ(decoder.append(0xAC), "€");
  EXPECT_EQ(decoder.append(257), "hello");
  EXPECT_EQ(decoder.flush(), "");
}

TEST_F(StreamDecoderTest, ReplacesWhatCannotBecomeACharacter) {
  StreamDecoder decoder(*tokenizer_);
  EXPECT_EQ(decoder.append(0xFF), "\uFFFD");
  EXPECT_EQ(decoder.append(0xE2), "");
  EXPECT_EQ(decoder.append('a'), "\uFFFDa");
  EXPECT_EQ(decoder.append(0xF0), "");
  EXPECT_EQ(decoder.append(0x9F), "");
  EXPECT_EQ(decoder.flush(), "\uFFFD\uFFFD");
  EXPECT_EQ(decoder.append('b'), "b") << "as new";
}

TEST_F(StreamDecoderTest, HidesSpecialTokensUnlessAsked) {
  StreamDecoder hiding(*tokenizer_);
  EXPECT_EQ(hiding.append(256), "");
  StreamDecoder showing(*tokenizer_, SpecialText::kShow);
  EXPECT_EQ(showing.append(256), "<c>");
}

TEST_F(StreamDecoderTest, EveryPairOfBytesGivesValidText) {
  for (TokenId first = 0; first < 256; ++first) {
    for (TokenId second = 0; second < 256; ++second) {
      StreamDecoder decoder(*tokenizer_);
      for (const TokenId id : {first, second, TokenId{'x'}}) ASSERT_TRUE(is_valid_utf8(decoder.append(id)));
      ASSERT_EQ(decoder.flush(), "");
    }
  }
}

TEST_F(StreamDecoderTest, AnyTokensGiveValidTextThatIsTheWhole) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    StreamDecoder decoder(*tokenizer_);
    std::string streamed;
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      // Mostly bytes that begin or continue characters.
      const auto id = static_cast<TokenId>(random() % 4 == 0 ? random() % 258 : 0x80 + random() % 128);
      const std::string piece = decoder.append(id);
      ASSERT_TRUE(is_valid_utf8(piece)) << "round " << round;
      streamed += piece;
      bytes += tokenizer_->piece(id);
    }
    streamed += decoder.flush();
    ASSERT_EQ(streamed, to_valid_utf8(bytes)) << "round " << round;
  }
}

}  // namespace
}  // namespace tenfold
