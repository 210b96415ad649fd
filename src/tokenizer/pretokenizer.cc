#include "tokenizer/pretokenizer.h"

#include "tokenizer/pretokenizer_passes.h"

namespace tenfold {

namespace {

using namespace pretokenizer;

constexpr PretokenizerPass kGpt2[] = {gpt2_word};
constexpr PretokenizerPass kDigitThenGpt2[] = {isolate<number>, gpt2_word};
constexpr PretokenizerPass kLlama3[] = {llama3_word<Llama3Options{.max_digits = 3, .marks_in_words = false}>};
constexpr PretokenizerPass kQwen2[] = {llama3_word<Llama3Options{.max_digits = 1, .marks_in_words = false}>};
constexpr PretokenizerPass kQwen35[] = {llama3_word<Llama3Options{.max_digits = 1, .marks_in_words = true}>};
constexpr PretokenizerPass kGpt4o[] = {gpt4o_word<Gpt4oOptions{.max_digits = 3, .contractions = true}>};
constexpr PretokenizerPass kTekken[] = {gpt4o_word<Gpt4oOptions{.max_digits = 1, .contractions = false}>};
constexpr PretokenizerPass kDeepseekLlm[] = {
    isolate<newline>, isolate<spaced_cased_letters>, isolate<spaced_wide_punctuation>,
    trailing_spaces,  isolate<cjk_and_beyond>,       isolate<numbers>};
constexpr PretokenizerPass kDeepseekCoder[] = {isolate<newline>, isolate<spaced_letters>, isolate<spaced_punctuation>,
                                               isolate<cjk_and_beyond>, isolate<number>};
constexpr PretokenizerPass kDeepseekV3[] = {isolate<three_numbers>, isolate<cjk_and_kana>, isolate<deepseek_v3_word>};
constexpr PretokenizerPass kFalcon[] = {isolate<falcon_punctuation>, gpt2_word, isolate<three_ascii_digits>};
constexpr PretokenizerPass kDefault[] = {isolate<default_punctuation>, gpt2_word, isolate<numbers>,
                                         isolate<three_ascii_digits>};

constexpr Pretokenizer kPretokenizers[] = {
    {.name = "default", .passes = kDefault},
    {.name = "gpt-2", .passes = kGpt2},
    {.name = "mpt", .passes = kGpt2},
    {.name = "smollm", .passes = kDigitThenGpt2},
    {.name = "starcoder", .passes = kDigitThenGpt2},
    {.name = "refact", .passes = kDigitThenGpt2},
    {.name = "command-r", .passes = kDigitThenGpt2},
    {.name = "llama-bpe", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama3", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama-v3", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "dbrx", .passes = kLlama3},
    {.name = "chatglm-bpe", .passes = kLlama3},
    {.name = "glm4", .passes = kLlama3, .ignore_merges = true},
    {.name = "qwen2", .passes = kQwen2},
    {.name = "deepseek-r1-qwen", .passes = kQwen2},
    {.name = "qwen35", .passes = kQwen35},
    {.name = "gpt-4o", .passes = kGpt4o},
    {.name = "tekken", .passes = kTekken, .ignore_merges = true, .adds_bos = true},
    {.name = "deepseek-llm", .passes = kDeepseekLlm},
    {.name = "deepseek-coder", .passes = kDeepseekCoder},
    {.name = "deepseek-v3", .passes = kDeepseekV3},
    {.name = "falcon", .passes = kFalcon},
};

}  // namespace

const Pretokenizer* find_pretokenizer(std::string_view name) noexcept {
  for (const Pretokenizer& rule : kPretokenizers) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

std::span<const Pretokenizer> all_pretokenizers() noexcept { return kPretokenizers; }

}  // namespace tenfold
