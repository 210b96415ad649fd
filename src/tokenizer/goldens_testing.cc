#include "tokenizer/goldens_testing.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "base/json.h"

namespace tenfold {

namespace {

// A text that is not UTF-8 is an object with its bytes in hexadecimal.
std::string text_from(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  const auto hex = json["hex"].get<std::string>();
  std::string text;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    text.push_back(static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16)));
  }
  return text;
}

std::vector<TokenId> ids_from(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<TokenId>(in), std::istream_iterator<TokenId>()};
}

VocabData vocab_from(const Json& json, const std::vector<std::string>& texts) {
  VocabData vocab;
  const std::size_t n_tokens = json["tokens"].size();
  vocab.model = json["model"].get<std::string>();
  if (json.contains("pre") && json["pre"].is_string()) vocab.pre = json["pre"].get<std::string>();
  vocab.tokens.assign(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(n_tokens));
  if (json.contains("merges")) {
    vocab.merges.emplace(texts.begin() + static_cast<std::ptrdiff_t>(n_tokens), texts.end());
  }
  if (json.contains("scores")) vocab.scores = json["scores"].get<std::vector<float>>();
  vocab.types = json["token_type"].get<std::vector<std::int32_t>>();
  const auto read_id = [&](const char* key, SpecialToken kind) {
    if (json.contains(key)) vocab.special_id(kind) = json[key].get<std::uint64_t>();
  };
  read_id("bos_token_id", SpecialToken::kBos);
  read_id("eos_token_id", SpecialToken::kEos);
  read_id("unknown_token_id", SpecialToken::kUnknown);
  read_id("seperator_token_id", SpecialToken::kSeparator);
  const auto read_flag = [&](const char* key, std::optional<bool>& flag) {
    if (json.contains(key)) flag = json[key].get<bool>();
  };
  read_flag("add_bos_token", vocab.add_bos);
  read_flag("add_eos_token", vocab.add_eos);
  read_flag("add_space_prefix", vocab.add_space_prefix);
  read_flag("normalizer.lowercase", vocab.lower_case);
  read_flag("normalizer.strip_accents", vocab.strip_accents);
  return vocab;
}

GoldenVocabulary golden_from(const Json& file, const Json& golden_case) {
  Json vocabulary = file["vocabulary"];
  for (const auto& [key, value] : golden_case["differs"].items()) vocabulary[key] = value;
  auto storage = std::make_shared<std::vector<std::string>>();
  for (const char* key : {"tokens", "merges"}) {
    if (!vocabulary.contains(key)) continue;
    for (const Json& text : vocabulary[key]) storage->push_back(text.get<std::string>());
  }
  GoldenVocabulary golden;
  golden.name = golden_case["name"].get<std::string>();
  golden.vocab = vocab_from(vocabulary, *storage);
  golden.vocab.model_name = golden.name;
  golden.vocab.compose = false;  // llama.cpp never does
  golden.storage = std::move(storage);
  golden.end_of_generation = golden_case["end_of_generation"].get<std::vector<TokenId>>();
  for (std::size_t i = 0; i < file["texts"].size(); ++i) {
    const auto ids = [&](const char* mode) {
      return ids_from(file["ids"][i][golden_case[mode][i].get<std::size_t>()].get<std::string>());
    };
    golden.texts.push_back({text_from(file["texts"][i]), ids("plain"), ids("special")});
  }
  return golden;
}

}  // namespace

std::vector<GoldenVocabulary> read_golden_vocabularies(const std::string& file) {
  std::ifstream in(std::string(TENFOLD_SOURCE_DIR) + "/src/tokenizer/testdata/" + file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  const Result<Json> json = parse_json(content.str());
  if (!json.ok()) throw std::runtime_error(file + ": " + json.status().to_string());
  std::vector<GoldenVocabulary> goldens;
  for (const Json& golden_case : (*json)["cases"]) goldens.push_back(golden_from(*json, golden_case));
  return goldens;
}

}  // namespace tenfold
