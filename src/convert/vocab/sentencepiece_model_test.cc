#include "convert/vocab/sentencepiece_model.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tenfold {
namespace {

std::string bytes_field(int number, const std::string& bytes) {
  EXPECT_LT(bytes.size(), 128u);
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string score_field(float score) {
  std::string bytes(5, static_cast<char>(2 << 3 | 5));
  std::memcpy(bytes.data() + 1, &score, 4);
  return bytes;
}
std::string type_field(int type) { return {static_cast<char>(3 << 3), static_cast<char>(type)}; }
std::string piece(const std::string& text, float score, int type) {
  return bytes_field(1, bytes_field(1, text) + score_field(score) + type_field(type));
}

TEST(SentencePieceModel, ReadsTextScoreAndType) {
  const std::string trainer = bytes_field(2, std::string("\x08\x01", 2));
  const std::string file = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + trainer + piece("<0x0A>", 0, 6) +
                           piece("\xE2\x96\x81to", -1.5F, 1) + bytes_field(3, std::string("\x18\x00", 2));
  const auto model = parse_sentencepiece_model(file, 10);
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  ASSERT_EQ(model->pieces.size(), 4u);
  EXPECT_EQ(model->pieces[0].type, TokenType::kUnknown);
  EXPECT_EQ(model->pieces[1].type, TokenType::kControl);
  EXPECT_EQ(model->pieces[2].type, TokenType::kByte);
  EXPECT_EQ(model->pieces[3].text, "\xE2\x96\x81to");
  EXPECT_EQ(model->pieces[3].score, -1.5F);
  EXPECT_EQ(model->pieces[3].type, TokenType::kNormal);
  EXPECT_FALSE(model->add_space_prefix);
  EXPECT_TRUE(parse_sentencepiece_model(piece("a", 0, 1), 10)->add_space_prefix);
}

TEST(SentencePieceModel, RefusesWhatIsNone) {
  const std::string file = piece("a", 0, 1) + piece("b", -1, 1);
  EXPECT_EQ(parse_sentencepiece_model(file, 1).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(parse_sentencepiece_model("", 10).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(parse_sentencepiece_model("YQ== 0\nYg== 1\n", 10).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(parse_sentencepiece_model(piece("\xff", 0, 1), 10).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(parse_sentencepiece_model(std::string(20, '\xff'), 10).status().code(), StatusCode::kCorruptData);
  for (std::size_t n = 1; n < piece("a", 0, 1).size(); ++n) {
    EXPECT_FALSE(parse_sentencepiece_model(file.substr(0, n), 10).ok()) << n;
  }
}

}  // namespace
}  // namespace tenfold
