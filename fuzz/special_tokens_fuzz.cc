// Any special tokens in any text: found as the plain rule says, and in time that no tokens make longer than a run's
// limit.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "memory_file_testing.h"
#include "tokenizer/special_splitter.h"
#include "tokenizer/split_by_passes_testing.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/vocab_testing.h"

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

std::vector<TextRange> read_parts(Input& input) {
  std::vector<TextRange> parts;
  std::uint32_t at = 0;
  for (unsigned n = input.byte() % 8; n > 0; --n) {
    const std::uint32_t begin = at + 1 + input.byte() % 32;
    at = begin + 1 + input.byte() % 32;
    parts.push_back({begin, at});
  }
  return parts;
}

std::vector<TextRange> whole(std::string_view text) {
  if (text.empty()) return {};
  return {{0, static_cast<std::uint32_t>(text.size())}};
}

std::vector<TextRange> cut(std::vector<TextRange> parts, std::size_t n_bytes) {
  while (!parts.empty() && parts.back().begin >= n_bytes) parts.pop_back();
  if (!parts.empty()) parts.back().end = std::min(parts.back().end, static_cast<std::uint32_t>(n_bytes));
  return parts;
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
  const std::vector<TextRange> read = read_parts(input);
  const std::string_view text = input.rest();
  const std::vector<TextRange> given = cut(read, text.size());
  for (const std::vector<TextRange>& parts : {std::vector<TextRange>(), given, whole(text)}) {
    CancelLatch cancel;
    const std::string_view short_text = text.substr(0, kComparedBytes);
    const std::vector<TextRange> short_parts = cut(parts, short_text.size());
    const auto found = splitter->split(short_text, {short_parts}, cancel);
    const auto expected = split_by_passes(*table, *special, short_text, short_parts);
    expect(found.size() == (short_text.empty() ? 0 : expected.size()));
    for (std::size_t i = 0; i < found.size(); ++i) {
      expect(found[i].begin == expected[i].begin && found[i].end == expected[i].end &&
             found[i].token == expected[i].token);
    }
    const std::string long_text = repeated(text, kLongTextBytes);
    const bool all_given = parts == whole(text);
    const auto fragments = splitter->split(long_text, {all_given ? whole(long_text) : parts}, cancel);
    expect_parts_of(long_text, fragments, *table);
    // No byte of a control token was given.
    auto part = parts.begin();
    for (const TextFragment& fragment : fragments) {
      while (part != parts.end() && part->end <= fragment.begin) ++part;
      const bool is_given = all_given || (part != parts.end() && part->begin < fragment.end);
      if (fragment.token != TextFragment::kText && is_given) expect(special->has(fragment.token, kUserDefinedTrait));
    }
  }
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tenfold::check(tenfold::Input({reinterpret_cast<const char*>(data), size}));
  return 0;
}
