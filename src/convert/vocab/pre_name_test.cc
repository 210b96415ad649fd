#include "convert/vocab/pre_name.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

// The steps of published tokenizers, by the words of tokenizer.json.
constexpr const char* kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
constexpr const char* kOlderLlama3 =
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
constexpr const char* kLfm25 =
    R"('(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s)";
constexpr const char* kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
constexpr const char* kQwen35 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
constexpr const char* kGpt4o =
    R"([^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";

std::string split(const std::string& pattern) {
  return R"({"type": "Split", "pattern": {"Regex": ")" + pattern + R"("}, "behavior": "Isolated", "invert": false})";
}
const std::string kBytes = R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})";
const std::string kBytesAndWords = R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true})";
std::string sequence(const std::string& first, const std::string& second) {
  return R"({"type": "Sequence", "pretokenizers": [)" + first + ", " + second + "]}";
}

struct Parts {
  std::string pre_tokenizer;
  bool ignore_merges = false;
  std::string normalizer = "null";
  std::string added = "[]";
};
Result<std::string> name_of(const Parts& parts, const std::string& asked = "") {
  const std::string text = R"({"normalizer": )" + parts.normalizer + R"(, "pre_tokenizer": )" + parts.pre_tokenizer +
                           R"(, "added_tokens": )" + parts.added +
                           R"(, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "ignore_merges": )" +
                           (parts.ignore_merges ? "true" : "false") + "}}";
  const auto json = parse_json(text);
  if (!json.ok()) return json.status();
  TENFOLD_ASSIGN_OR_RETURN(const HfTokenizer tokenizer, read_hf_tokenizer(*json, 8));
  return find_pre_name(tokenizer, asked);
}
std::string found(const Parts& parts, const std::string& asked = "") {
  const auto name = name_of(parts, asked);
  return name.ok() ? *name : "error: " + std::string(name.status().message());
}

TEST(PreName, FollowsFromTheSteps) {
  const std::string digits = R"({"type": "Digits", "individual_digits": true})";
  const std::string gmask = R"([{"id": 1, "content": "[gMASK]", "special": true}])";
  const std::string start_of_text = R"([{"id": 1, "content": "<|startoftext|>", "special": true}])";
  EXPECT_EQ(found({kBytesAndWords}), "gpt-2");
  EXPECT_EQ(found({sequence(digits, kBytesAndWords)}), "smollm");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), true}), "llama-bpe");
  EXPECT_EQ(found({sequence(split(kOlderLlama3), kBytes), true}), "llama-bpe");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), false}), "dbrx");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), true, "null", gmask}), "glm4");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), false, "null", gmask}), "chatglm-bpe");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), true, "null", start_of_text}), "lfm2");
  EXPECT_EQ(found({sequence(split(kLfm25), kBytes), true, "null", start_of_text}), "lfm2");
  EXPECT_EQ(found({sequence(split(kLlama3), kBytes), false, "null", start_of_text}), "dbrx");
  EXPECT_EQ(found({sequence(split(kQwen2), kBytes), false, R"({"type": "NFC"})"}), "qwen2");
  EXPECT_EQ(found({sequence(split(kQwen35), kBytes)}), "qwen35");
  EXPECT_EQ(found({sequence(split(kGpt4o), kBytes)}), "gpt-4o");
}

TEST(PreName, ShowsWhatItCannotName) {
  const std::string unknown = found({sequence(split("[abc]+"), kBytes)});
  EXPECT_NE(unknown.find("Split [abc]+"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("--pre NAME"), std::string::npos) << unknown;
  EXPECT_NE(found({R"({"type": "ByteLevel", "add_prefix_space": true})"}).find("add_prefix_space"), std::string::npos);
  EXPECT_NE(found({sequence(split(kQwen2), kBytes), true}).find("ignore_merges"), std::string::npos);
  EXPECT_NE(found({kBytesAndWords, false, R"({"type": "Lowercase"})"}).find("Lowercase"), std::string::npos);
  const std::string inverted =
      R"({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithNext", "invert": false})";
  EXPECT_NE(found({sequence(inverted, kBytes)}).find("MergedWithNext"), std::string::npos);
}

TEST(PreName, TakesTheUsersWordIfItIsOne) {
  EXPECT_EQ(found({sequence(split("[abc]+"), kBytes)}, "qwen2"), "qwen2");
  const std::string wrong = found({kBytesAndWords}, "qwen-two");
  EXPECT_NE(wrong.find("--pre: expected one of default, gpt-2"), std::string::npos) << wrong;
}

TEST(PreName, DoesNotLookIntoLongSteps) {
  // Each ending that is replaced moves all that follows: hours for a pattern of megabytes.
  std::string endings;
  for (int i = 0; i < 200000; ++i) endings += "'(?i:[sdmt]|ll|ve|re)";
  EXPECT_NE(found({sequence(split(endings), kBytes)}).find("GGUF has no name for"), std::string::npos);
  std::string steps = kBytes;
  for (int i = 0; i < 1000; ++i) steps += R"(, {"type": "Other"})";
  const std::string error = found({R"({"type": "Sequence", "pretokenizers": [)" + steps + "]}"});
  EXPECT_NE(error.find("then Other, then 992 more"), std::string::npos) << error;
}

}  // namespace
}  // namespace tenfold
