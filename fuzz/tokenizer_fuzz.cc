// Any bytes as text, through every pre-tokenizer, SentencePiece and WordPiece; and any bytes as a vocabulary.
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "memory_file_testing.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/char_text.h"
#include "tokenizer/nfc.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/stream_decoder.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/vocab_testing.h"

namespace tenfold {
namespace {

constexpr TokenizeOptions kAllOptions[] = {{},
                                           {.add_bos = true},
                                           {.add_eos = true, .parse_special = true},
                                           {.add_bos = true, .add_eos = true},
                                           {.parse_special = true}};

const std::vector<MadeUpToken>& special_tokens() {
  static const std::vector<MadeUpToken> tokens = {
      {"<s>", TokenType::kControl},    {"<|im_end|>", TokenType::kControl}, {"\n\n", TokenType::kUserDefined},
      {"ab", TokenType::kUserDefined}, {"bcd", TokenType::kUserDefined},    {"<?>", TokenType::kUnknown}};
  return tokens;
}

// Every pair of these merges, and the pairs of those: merges across all borders that a rule may draw.
std::unique_ptr<Tokenizer> make_bpe(std::string_view pre) {
  std::vector<MadeUpToken> tokens = special_tokens();
  std::vector<std::string> letters;
  for (const char c : std::string("a1 '\n!s\xC3\xA9\xE4\xBD")) {
    letters.emplace_back(letter_of_byte(static_cast<std::uint8_t>(c)));
  }
  std::vector<std::string> merges;
  std::vector<std::string> pairs;
  for (const std::string& left : letters) {
    for (const std::string& right : letters) {
      merges.push_back(left + " " + right);
      pairs.push_back(left + right);
      tokens.push_back({left + right});
    }
  }
  for (std::size_t i = 0; i < pairs.size(); i += 3) {
    merges.push_back(pairs[i] + " " + pairs[pairs.size() - 1 - i]);
    tokens.push_back({pairs[i] + pairs[pairs.size() - 1 - i]});
  }
  MadeUpVocab vocab("gpt2", tokens, merges);
  vocab.data.pre = pre;
  vocab.data.compose = false;  // so that the text comes back
  return Tokenizer::create(vocab.data).value();
}

std::unique_ptr<Tokenizer> make_spm(bool add_space_prefix, float score_step) {
  std::vector<MadeUpToken> tokens = special_tokens();
  float score = 0;
  for (const char* text :
       {"▁", "a", "b", "é", "▁a", "abc", "▁▁", "▁▁▁▁", "aa", "aaaa", "a▁a", "\n", "你", "你你", "aé"}) {
    tokens.push_back({text, TokenType::kNormal, score -= score_step});
  }
  MadeUpVocab vocab("llama", tokens);
  vocab.data.add_space_prefix = add_space_prefix;
  return Tokenizer::create(vocab.data).value();
}

std::unique_ptr<Tokenizer> make_word_piece(bool lower_case, bool strip_accents) {
  std::vector<MadeUpToken> tokens;
  for (const char* text :
       {"▁a", "a", "▁ab", "b", "▁e", "é", "▁é", "你", "▁你", "▁!", "▁▁", "1", "▁ a", "ⅳ", "▁ᄀ", "ᅡ"}) {
    tokens.push_back({text});
  }
  MadeUpVocab vocab("bert", tokens);
  vocab.data.lower_case = lower_case;
  vocab.data.strip_accents = strip_accents;
  return Tokenizer::create(vocab.data).value();
}

void expect_stream_is_decode(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  StreamDecoder decoder(tokenizer, SpecialText::kShow);
  std::string streamed;
  std::string bytes;
  for (const TokenId id : ids) {
    const std::string piece = decoder.append(id);
    expect(is_valid_utf8(piece));
    streamed += piece;
    bytes += tokenizer.piece(id, SpecialText::kShow);
  }
  streamed += decoder.flush();
  expect(streamed == to_valid_utf8(bytes));
}

// Given text becomes no control token; but where the unknown one is of that type, it stands for bytes without a token.
void check_given(const Tokenizer& tokenizer, std::string_view text) {
  const TextRange all{0, static_cast<std::uint32_t>(text.size())};
  const auto ids = tokenizer.encode(text, {.parse_special = true, .given = {&all, 1}});
  expect(ids.ok() || ids.status().code() == StatusCode::kUnsupported);
  if (!ids.ok()) return;
  for (const TokenId id : *ids) expect(!tokenizer.is_control(id) || id == tokenizer.special(SpecialToken::kUnknown));
}

// What every vocabulary owes to every text. The text comes back if `comes_back` says what as.
void check_text(const Tokenizer& tokenizer, std::string_view text, const std::string* comes_back) {
  for (const TokenizeOptions options : kAllOptions) {
    const auto ids = tokenizer.encode(text, options);
    if (!ids.ok()) {
      expect(comes_back == nullptr && ids.status().code() == StatusCode::kUnsupported);
      continue;
    }
    for (const TokenId id : *ids) expect(tokenizer.is_valid(id));
    const auto decoded = tokenizer.decode(*ids, SpecialText::kShow);
    expect(decoded.ok());
    if (comes_back != nullptr && !options.add_bos && !options.add_eos) expect(*decoded == *comes_back);
    expect_stream_is_decode(tokenizer, *ids);
  }
  check_given(tokenizer, text);
}

std::string composed(std::string_view text) {
  std::vector<Char> chars = decode_chars(text);
  CancelLatch cancel;
  compose(chars, cancel);
  std::string out;
  append_chars(out, chars);
  return out;
}

void check_composition(std::string_view text) {
  const std::string once = composed(text);
  expect(composed(once) == once);
}

void check_bpe(std::size_t rule, std::string_view text) {
  static std::map<std::size_t, std::unique_ptr<Tokenizer>> tokenizers;
  auto& tokenizer = tokenizers[rule];
  if (!tokenizer) tokenizer = make_bpe(all_pretokenizers()[rule].name);
  std::string expected;
  append_chars(expected, decode_chars(text));
  check_text(*tokenizer, text, &expected);
}

void check_spm(unsigned kind, std::string_view text) {
  static const std::array<std::unique_ptr<Tokenizer>, 4> tokenizers = {make_spm(false, 1), make_spm(true, 1),
                                                                       make_spm(false, 0), make_spm(false, -1)};
  const bool has_prefix = kind == 1;
  const bool comes_back = !has_prefix && is_valid_utf8(text) && text.find("▁") == std::string_view::npos;
  const std::string expected(text);
  check_text(*tokenizers[kind], text, comes_back ? &expected : nullptr);
}

void check_word_piece(std::string_view text) {
  static const std::array<std::unique_ptr<Tokenizer>, 4> tokenizers = {
      make_word_piece(true, true), make_word_piece(true, false), make_word_piece(false, true),
      make_word_piece(false, false)};
  for (const auto& tokenizer : tokenizers) {
    check_text(*tokenizer, text, nullptr);
    expect(tokenizer->encode(text).ok());
  }
}

class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte() { return rest_.empty() ? 0 : static_cast<std::uint8_t>(take(1)[0]); }
  std::string_view take(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A vocabulary as the input has it: a few bytes of choices, then texts with their lengths. Half of the bytes are given,
// so that something is left of a text after the rest is lost.
void check_vocabulary(Input input) {
  const unsigned choices = input.byte();
  MadeUpVocab made_up((choices & 128) != 0 ? "bert" : (choices & 1) != 0 ? "gpt2" : "llama", {});
  VocabData vocab = made_up.data;
  if ((choices & 2) != 0) {
    vocab.tokens.clear();
    vocab.types->clear();
    vocab.scores->clear();
  }
  vocab.pre = all_pretokenizers()[input.byte() % all_pretokenizers().size()].name;
  if ((choices & 4) != 0) vocab.model_name = "phi3";
  if ((choices & 8) != 0) vocab.add_bos = vocab.add_eos = true;
  for (unsigned n = input.byte() % 64; n > 0; --n) {
    const unsigned head = input.byte();
    float score = static_cast<float>(head % 16);
    if (head == 255) {
      std::uint32_t bits = 0;
      const std::string_view taken = input.take(sizeof(bits));
      std::memcpy(&bits, taken.data(), taken.size());
      std::memcpy(&score, &bits, sizeof(score));
    }
    vocab.types->push_back(static_cast<std::int32_t>(head / 16 % 8));
    vocab.scores->push_back(score);
    vocab.tokens.push_back(input.take(input.byte() % 16));
  }
  vocab.merges.emplace();
  for (unsigned n = input.byte() % 64; n > 0; --n) vocab.merges->push_back(input.take(input.byte() % 16));
  if (choices % 3 != 0) vocab.compose = choices % 3 == 1;
  for (unsigned n = input.byte() % 4; n > 0; --n) vocab.special_ids[input.byte() % kSpecialTokens] = input.byte() * 3u;
  if ((choices & 16) != 0) vocab.scores.reset();
  if ((choices & 32) != 0) vocab.types.reset();
  if ((choices & 64) != 0) vocab.scores.emplace(input.byte());

  const auto tokenizer = Tokenizer::create(vocab);
  if (!tokenizer.ok()) {
    expect(!tokenizer.status().message().empty() && tokenizer.status().code() == StatusCode::kCorruptData);
    return;
  }
  for (const TokenId id : (*tokenizer)->end_of_generation()) expect((*tokenizer)->is_valid(id));
  check_text(**tokenizer, input.rest(), nullptr);
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t n_rules = all_pretokenizers().size();
  const std::size_t mode = data[0] % (n_rules + 12);
  if (mode < n_rules) {
    check_bpe(mode, rest);
  } else if (mode < n_rules + 4) {
    check_spm(static_cast<unsigned>(mode - n_rules), rest);
  } else if (mode == n_rules + 4) {
    check_word_piece(rest);
  } else if (mode == n_rules + 5) {
    check_composition(rest);
  } else {
    check_vocabulary(Input(rest));
  }
  return 0;
}
