// Any special tokens in any text: found as the plain rule says, and in time that no tokens make longer than a run's
// limit.
#include <cstdint>
#include <string>
#include <vector>

#include "memory_file.h"
#include "tokenizer/made_up_vocab.h"
#include "tokenizer/special_splitter.h"
#include "tokenizer/split_by_passes.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {
namespace {

constexpr std::size_t kComparedBytes = 300;  // the plain rule takes a pass for each length
constexpr std::size_t kLongTextBytes = 200'000;

class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte() { return rest_.empty() ? 0 : static_cast<std::uint8_t>(take(1)[0]); }
  std::string_view take(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string repeated(std::string_view text, std::size_t n_bytes) {
  std::string out;
  while (!text.empty() && out.size() < n_bytes) out += text;
  return out;
}

// Each token is a beginning, a part said many times over, and an end: what takes a search for them longest.
std::vector<MadeUpToken> read_tokens(Input& input) {
  std::vector<MadeUpToken> tokens;
  for (unsigned n = input.byte() % 16; n > 0; --n) {
    const unsigned head = input.byte();
    const auto type = static_cast<TokenType>(2 + head % 3);
    const std::string begin(input.take(head / 4 % 4)), part(input.take(1 + head / 16 % 4)), end(input.take(head / 64));
    const unsigned n_times = input.byte();
    for (unsigned times = 1 + n_times % 8; times <= (n_times < 128 ? 8u : 40u); ++times) {
      std::string text = begin;
      for (unsigned i = 0; i < times; ++i) text += part;
      text += end;
      if (!text.empty()) tokens.push_back({text, type});
    }
  }
  return tokens;
}

void expect_parts_of(std::string_view text, const std::vector<TextFragment>& fragments, const TextTable& table) {
  std::uint32_t at = 0;
  for (const TextFragment& fragment : fragments) {
    expect(fragment.begin >= at && fragment.end > fragment.begin && fragment.end <= text.size());
    const std::string_view part = text.substr(fragment.begin, fragment.end - fragment.begin);
    if (fragment.token != TextFragment::kText) expect(table.text(static_cast<std::uint32_t>(fragment.token)) == part);
    at = fragment.end;
  }
}

void check(Input input) {
  const unsigned choices = input.byte();
  const MadeUpVocab made_up("gpt2", read_tokens(input));
  VocabData vocab = made_up.data;
  if ((choices & 1) != 0) vocab.model_name = "phi3";
  const auto table = TextTable::from_tokens(vocab.tokens);
  if (!table.ok()) return;
  const auto special = resolve_special_tokens(vocab, *table);
  if (!special.ok()) return;
  const auto splitter = SpecialSplitter::create(*table, *special);
  expect(splitter.ok());
  for (const bool parse_special : {false, true}) {
    CancelLatch cancel;
    const std::string_view short_text = input.rest().substr(0, kComparedBytes);
    const auto found = splitter->split(short_text, parse_special ? short_text.size() : 0, cancel);
    const auto expected = split_by_passes(*table, *special, short_text, parse_special);
    expect(found.size() == (short_text.empty() ? 0 : expected.size()));
    for (std::size_t i = 0; i < found.size(); ++i) {
      expect(found[i].begin == expected[i].begin && found[i].end == expected[i].end &&
             found[i].token == expected[i].token);
    }
    const std::string long_text = repeated(input.rest(), kLongTextBytes);
    expect_parts_of(long_text, splitter->split(long_text, parse_special ? long_text.size() : 0, cancel), *table);
  }
  // Of a text whose beginning alone may hold control tokens, none ends behind it.
  CancelLatch cancel;
  const std::size_t special_bytes = choices % kComparedBytes;
  const auto fragments = splitter->split(input.rest(), special_bytes, cancel);
  expect_parts_of(input.rest(), fragments, *table);
  for (const TextFragment& fragment : fragments) {
    if (fragment.token == TextFragment::kText || fragment.end <= special_bytes) continue;
    expect(special->has(fragment.token, kUserDefinedTrait));
  }
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tenfold::check(tenfold::Input({reinterpret_cast<const char*>(data), size}));
  return 0;
}
