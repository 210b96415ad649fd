#include "convert/vocab/pre_name.h"

#include <algorithm>
#include <ranges>
#include <span>
#include <string_view>

#include "base/error.h"
#include "tokenizer/pretokenizer.h"

namespace tenfold {

namespace {

// The published patterns; English endings ('s, 't, …) in any case are written {ENDINGS}, as they have several
// spellings.
#define TENFOLD_SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define TENFOLD_UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define TENFOLD_LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
constexpr std::string_view kGpt2 =
    "Split 's|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kLlama3 =
    "Split {ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" TENFOLD_SPACES;
constexpr std::string_view kQwen2 =
    "Split {ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" TENFOLD_SPACES;
constexpr std::string_view kQwen35 =
    "Split {ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" TENFOLD_SPACES;
constexpr std::string_view kGpt4o =
    "Split [^\\r\\n\\p{L}\\p{N}]?" TENFOLD_UPPER "*" TENFOLD_LOWER "+{ENDINGS}?|[^\\r\\n\\p{L}\\p{N}]?" TENFOLD_UPPER
    "+" TENFOLD_LOWER "*{ENDINGS}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" TENFOLD_SPACES;
constexpr std::string_view kTekken =
    "Split [^\\r\\n\\p{L}\\p{N}]?" TENFOLD_UPPER "*" TENFOLD_LOWER "+|[^\\r\\n\\p{L}\\p{N}]?" TENFOLD_UPPER
    "+" TENFOLD_LOWER "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" TENFOLD_SPACES;

constexpr std::string_view kEndings[] = {
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
    "'(?i:[sdmt]|ll|ve|re)",
};

// Another spelling of TENFOLD_SPACES that cuts alike: blanks before a newline are newlines too, and the last choice is
// left with one blank in either.
constexpr std::string_view kShortSpaces = "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";

struct KnownSteps {
  std::string_view steps[4];
  std::string_view name;                // merges are always followed
  std::string_view name_ignoring = "";  // a word that is a token as a whole is that token
};
constexpr KnownSteps kKnown[] = {
    {{"ByteLevel use_regex"}, "gpt-2"},
    {{kGpt2}, "gpt-2"},
    {{"Digits individual", "ByteLevel use_regex"}, "smollm"},
    {{"Digits individual", kGpt2}, "smollm"},
    {{"Split \\p{N}", "ByteLevel use_regex"}, "smollm"},
    {{"Punctuation Contiguous", "ByteLevel use_regex", "Digits", "Split [0-9][0-9][0-9]"}, "falcon"},
    {{kLlama3}, "dbrx", "llama-bpe"},
    {{kQwen2}, "qwen2"},
    {{kQwen35}, "qwen35"},
    {{kGpt4o}, "gpt-4o"},
    {{kTekken}, "", "tekken"},
};

// Names that cut alike: a token of the vocabulary decides which of them other readers expect.
struct Namesake {
  std::string_view name;
  std::string_view token;
  std::string_view with_token;
};
constexpr Namesake kNamesakes[] = {
    {"dbrx", "[gMASK]", "chatglm-bpe"},
    {"llama-bpe", "[gMASK]", "glm4"},
    {"llama-bpe", "<|startoftext|>", "lfm2"},
};

// Longer steps are none that is known; replacing in them would move their rest again and again.
constexpr std::size_t kMaxStepBytes = 4096;

std::string canonical_step(std::string step) {
  if (step.size() > kMaxStepBytes) return step;
  for (const std::string_view spelling : kEndings) {
    for (std::size_t at = step.find(spelling); at != std::string::npos; at = step.find(spelling, at)) {
      step.replace(at, spelling.size(), "{ENDINGS}");
    }
  }
  if (step.ends_with(kShortSpaces)) {
    step.replace(step.size() - kShortSpaces.size(), std::string::npos, "|" TENFOLD_SPACES);
  }
  return step;
}

bool matches(const KnownSteps& known, std::span<const std::string> steps) {
  const auto* const end = std::find(std::begin(known.steps), std::end(known.steps), std::string_view());
  return std::equal(
      std::begin(known.steps), end, steps.begin(), steps.end(),
      [](std::string_view expected, const std::string& found) { return canonical_step(found) == expected; });
}

std::string known_names() {
  std::string names;
  for (const Pretokenizer& rule : all_pretokenizers()) names += cat(names.empty() ? "" : ", ", rule.name);
  return names;
}

std::string quoted(const HfTokenizer& tokenizer) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (const std::string& step : tokenizer.pre_steps | std::views::take(kShown)) {
    text += cat(text.empty() ? "" : ", then ", printable(step, 400));
  }
  const std::size_t n = tokenizer.pre_steps.size();
  if (n > kShown) text += cat(", then ", n - kShown, " more");
  return text.empty() ? "no step at all" : text;
}

}  // namespace

Result<std::string> find_pre_name(const HfTokenizer& tokenizer, const std::string& asked) {
  if (!asked.empty()) {
    if (find_pretokenizer(asked) != nullptr) return asked;
    return invalid_argument("--pre: expected one of ", known_names(), "; found ", printable(asked));
  }
  if (!tokenizer.normalizers.empty()) {
    return unsupported("tokenizer.json: expected no normalizer but NFC, found ",
                       printable(tokenizer.normalizers.front()), "; --pre NAME converts it all the same");
  }
  std::string_view name;
  for (const KnownSteps& known : kKnown) {
    if (matches(known, tokenizer.pre_steps)) name = tokenizer.ignore_merges ? known.name_ignoring : known.name;
  }
  for (const Namesake& namesake : kNamesakes) {
    if (name == namesake.name && find_token(tokenizer, namesake.token)) name = namesake.with_token;
  }
  if (!name.empty()) return std::string(name);
  return unsupported("tokenizer.json cuts text in a way that GGUF has no name for",
                     tokenizer.ignore_merges ? " (with ignore_merges)" : "", ": ", quoted(tokenizer),
                     ". If you know that it cuts like one of ", known_names(), ", give it with --pre NAME");
}

}  // namespace tenfold
