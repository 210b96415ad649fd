#include "tokenizer/pretokenizer.h"

#include "tokenizer/pretokenizer_matches.h"
#include "tokenizer/pretokenizer_passes.h"

namespace tenfold {

namespace {

using namespace pretokenizer;

constexpr PretokenizerPass kGpt2[] = {gpt2_word};
constexpr PretokenizerPass kDigitThenGpt2[] = {isolate<number>, gpt2_word};
constexpr std::size_t kAnyDigits = static_cast<std::size_t>(-1);
constexpr PretokenizerPass kLlama3[] = {llama3_word<Llama3Options{.max_digits = 3}>};
constexpr PretokenizerPass kMiniCpm5[] = {isolate<three_numbers>, llama3_word<Llama3Options{.max_digits = kAnyDigits}>};
constexpr PretokenizerPass kQwen2[] = {llama3_word<Llama3Options{.max_digits = 1}>};
constexpr PretokenizerPass kUfakZeka[] = {llama3_word<Llama3Options{.max_digits = 1, .contractions = false}>};
constexpr PretokenizerPass kSeedCoder[] = {
    llama3_word<Llama3Options{.max_digits = 1, .newlines_after_symbols = false}>};
constexpr PretokenizerPass kLaguna[] = {line_or_newlines, llama3_word<Llama3Options{.max_digits = 1}>};
constexpr PretokenizerPass kQwen35[] = {llama3_word<Llama3Options{.max_digits = 1, .marks_in_words = true}>};
constexpr PretokenizerPass kGpt4o[] = {gpt4o_word<Gpt4oOptions{.max_digits = 3, .contractions = true}>};
constexpr PretokenizerPass kTekken[] = {gpt4o_word<Gpt4oOptions{.max_digits = 1, .contractions = false}>};
constexpr PretokenizerPass kYoutu[] = {isolate<youtu_scripts>, caseless_gpt4o_word<1>};
constexpr PretokenizerPass kTinyAya[] = {numbers_with_what_leads, leading_three_numbers, caseless_gpt4o_word<3>};
constexpr PretokenizerPass kKimiK2[] = {kimi_word};
constexpr PretokenizerPass kExaoneMoe[] = {exaone_moe_words};
constexpr PretokenizerPass kBloom[] = {isolate<bloom_word>};
constexpr PretokenizerPass kViking[] = {isolate<bloom_word>, isolate<number>};
constexpr PretokenizerPass kSuperBpe[] = {isolate<numbers>, up_to_whole_threes, leading_three_of_four_digits};
constexpr PretokenizerPass kChameleon[] = {isolate<sentinel_token>,        isolate<image_token>,
                                           isolate<tab_newline_or_blanks>, isolate<number>,
                                           isolate<punctuation_mark>,      gpt2_word};
constexpr PretokenizerPass kAfmoe[] = {numbers_with_what_leads, leading_three_numbers, isolate<afmoe_scripts>,
                                       isolate<deepseek_v3_word>};
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
    {.name = "phi-2", .passes = kGpt2},
    {.name = "olmo", .passes = kGpt2},
    {.name = "jais", .passes = kGpt2},
    {.name = "trillion", .passes = kGpt2},
    {.name = "granite-docling", .passes = kGpt2},
    {.name = "modern-bert", .passes = kGpt2},
    {.name = "exaone4", .passes = kGpt2},
    {.name = "a.x-4.0", .passes = kGpt2},
    {.name = "mellum", .passes = kGpt2},
    {.name = "gigachat", .passes = kGpt2},
    {.name = "roberta-bpe", .passes = kGpt2},
    {.name = "jina-v1-en", .passes = kGpt2},
    {.name = "jina-v2-code", .passes = kGpt2},
    {.name = "jina-v2-de", .passes = kGpt2},
    {.name = "jina-v2-es", .passes = kGpt2},
    {.name = "jina-de", .passes = kGpt2},
    {.name = "jina-es", .passes = kGpt2},
    {.name = "smollm", .passes = kDigitThenGpt2},
    {.name = "starcoder", .passes = kDigitThenGpt2},
    {.name = "refact", .passes = kDigitThenGpt2},
    {.name = "command-r", .passes = kDigitThenGpt2},
    {.name = "codeshell", .passes = kDigitThenGpt2},
    {.name = "exaone", .passes = kDigitThenGpt2},
    {.name = "minerva-7b", .passes = kDigitThenGpt2},
    {.name = "mellum2", .passes = kDigitThenGpt2},
    {.name = "llama-bpe", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama3", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "llama-v3", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon3", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon-h1", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "pixtral", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "midm-2.0", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "lfm2", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "jina-v5-nano", .passes = kLlama3, .ignore_merges = true, .adds_bos = true},
    {.name = "dbrx", .passes = kLlama3},
    {.name = "smaug-bpe", .passes = kLlama3},
    {.name = "chatglm-bpe", .passes = kLlama3},
    {.name = "glm4", .passes = kLlama3, .ignore_merges = true},
    {.name = "glm5", .passes = kLlama3, .ignore_merges = true},
    {.name = "minicpm5", .passes = kMiniCpm5, .ignore_merges = true},
    {.name = "qwen2", .passes = kQwen2, .composes = true},
    {.name = "deepseek-r1-qwen", .passes = kQwen2},
    {.name = "megrez", .passes = kQwen2},
    {.name = "stablelm2", .passes = kQwen2},
    {.name = "hunyuan", .passes = kQwen2},
    {.name = "grok-2", .passes = kQwen2},
    {.name = "bailingmoe", .passes = kQwen2},
    {.name = "bailingmoe2", .passes = kQwen2},
    {.name = "llada-moe", .passes = kQwen2},
    {.name = "kormo", .passes = kQwen2},
    {.name = "f2llmv2", .passes = kQwen2},
    {.name = "solar-open", .passes = kQwen2},
    {.name = "qwen35", .passes = kQwen35, .composes = true},
    {.name = "ufakzeka", .passes = kUfakZeka},
    {.name = "seed-coder", .passes = kSeedCoder},
    {.name = "laguna", .passes = kLaguna},
    {.name = "gpt-4o", .passes = kGpt4o},
    {.name = "llama4", .passes = kGpt4o},
    {.name = "minimax-m2", .passes = kGpt4o},
    {.name = "kanana2", .passes = kGpt4o},
    {.name = "talkie", .passes = kGpt4o},
    {.name = "tekken", .passes = kTekken, .ignore_merges = true, .adds_bos = true},
    {.name = "youtu", .passes = kYoutu, .ignore_merges = true},
    {.name = "tiny_aya", .passes = kTinyAya},
    {.name = "cohere2moe", .passes = kTinyAya},
    {.name = "kimi-k2", .passes = kKimiK2},
    {.name = "exaone-moe", .passes = kExaoneMoe},
    {.name = "bloom", .passes = kBloom},
    {.name = "poro-chat", .passes = kBloom},
    {.name = "gpt3-finnish", .passes = kBloom},
    {.name = "viking", .passes = kViking},
    {.name = "superbpe", .passes = kSuperBpe},
    {.name = "chameleon", .passes = kChameleon, .adds_bos = true},
    {.name = "afmoe", .passes = kAfmoe},
    {.name = "deepseek-llm", .passes = kDeepseekLlm},
    {.name = "deepseek-coder", .passes = kDeepseekCoder},
    {.name = "deepseek-v3", .passes = kDeepseekV3},
    {.name = "hunyuan-dense", .passes = kDeepseekV3},
    {.name = "joyai-llm", .passes = kDeepseekV3},
    {.name = "hy_v4", .passes = kDeepseekV3},
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
