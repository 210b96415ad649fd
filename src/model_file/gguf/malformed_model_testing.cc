// Files that keep every rule of the format and say things that cannot be true of a model.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/malformed_cases_testing.h"
#include "tensor/number_scan.h"

namespace tenfold {

namespace {

void add(std::vector<MalformedCase>& cases, std::string name, const RawGguf& file,
         MalformedAt at = MalformedAt::kModel) {
  cases.push_back({std::move(name), at, {{"model.gguf", serialize(file)}}});
}

// Sizes that contradict the tensors, divide by zero or pass every table.
void add_wrong_sizes(std::vector<MalformedCase>& cases) {
  const char* keys[] = {"llama.block_count",          "llama.embedding_length",        "llama.feed_forward_length",
                        "llama.attention.head_count", "llama.attention.head_count_kv", "llama.rope.dimension_count"};
  for (const char* key : keys) {
    for (const std::uint32_t value : {0u, 3u, 7u, 513u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      add(cases, cat(key, " = ", value), tiny_gguf().set(key, u32_value(value)));
    }
    add(cases, cat(key, " = -1"), tiny_gguf().set(key, i32_value(-1)));
    add(cases, cat(key, " of 2^40"), tiny_gguf().set(key, u64_value(std::uint64_t{1} << 40)));
    add(cases, cat(key, " as a string"), tiny_gguf().set(key, string_value("32")));
    add(cases, cat(key, " as a float"), tiny_gguf().set(key, f32_value(32)));
    add(cases, cat(key, " as an empty array"), tiny_gguf().set(key, i32s_value({})));
  }
  for (const char* key :
       {"llama.block_count", "llama.embedding_length", "llama.feed_forward_length", "llama.attention.head_count",
        "llama.attention.layer_norm_rms_epsilon", "general.architecture"}) {
    add(cases, cat("no ", key), tiny_gguf().erase(key));
  }
  for (const std::uint32_t value : {0u, 257u, 259u, 0xffffffffu}) {
    add(cases, cat("llama.vocab_size = ", value), tiny_gguf().set("llama.vocab_size", u32_value(value)));
  }
  // 2^12 heads of 2^20: as 32 bits, no rows at all.
  add(cases, "heads whose rows pass 2^31",
      tiny_gguf()
          .set("llama.attention.head_count", u32_value(1u << 12))
          .set("llama.attention.head_count_kv", u32_value(1u << 12))
          .set("llama.attention.key_length", u32_value(1u << 20)));
  add(cases, "an unknown architecture", tiny_gguf().set("general.architecture", string_value("nonsuch")));
  add(cases, "an empty architecture", tiny_gguf().set("general.architecture", string_value("")));
}

void add_wrong_floats(std::vector<MalformedCase>& cases) {
  for (const char* key : {"llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base"}) {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0f}) {
      add(cases, cat(key, " = ", value), tiny_gguf().set(key, f32_value(value)));
    }
    add(cases, cat(key, " as an integer"), tiny_gguf().set(key, u32_value(1)));
  }
}

// A tensor that is missing, has another shape, or that nobody asked for.
void add_wrong_tensors(std::vector<MalformedCase>& cases) {
  const RawGguf good = tiny_gguf();
  for (const RawTensor& tensor : good.tensors) {
    RawGguf file = good;
    std::erase_if(file.tensors, [&](const RawTensor& other) { return other.name == tensor.name; });
    add(cases, cat("no ", tensor.name), file);

    file = good;
    file.tensor(tensor.name).dims.back() *= 2;
    file.tensor(tensor.name).data += tensor.data;
    add(cases, cat("twice as much of ", tensor.name), file);

    file = good;
    file.tensor(tensor.name).name += ".bias";
    add(cases, cat(tensor.name, " renamed"), file);
  }
  RawGguf file = good;
  file.tensors.push_back({"blk.0.attn_q.bias", {32}, 0, std::string(128, '\0'), {}});
  add(cases, "a bias of its own", file, MalformedAt::kNowhere);  // some llamas have one
  file = good;
  file.tensors.push_back({"blk.1.attn_q.weight", {32, 32}, 0, std::string(4096, '\0'), {}});
  add(cases, "a layer too many", file);
  file = good;
  file.tensors.clear();
  add(cases, "no tensors at all", file);
}

void add_wrong_vocabulary(std::vector<MalformedCase>& cases) {
  const std::string tokens = "tokenizer.ggml.tokens";
  add(cases, "no tokens", tiny_gguf().erase(tokens));
  add(cases, "an empty token list", tiny_gguf().set(tokens, strings_value({})));
  add(cases, "one token, 258 rows", tiny_gguf().set(tokens, strings_value({"a"})));
  // Real vocabularies repeat a token here and there.
  add(cases, "258 equal tokens", tiny_gguf().set(tokens, strings_value(std::vector<std::string>(258, "a"))),
      MalformedAt::kNowhere);
  add(cases, "more tokens than rows", tiny_gguf().set(tokens, strings_value(std::vector<std::string>(300, "a"))));
  add(cases, "tokens as integers", tiny_gguf().set(tokens, i32s_value(std::vector<std::int32_t>(258, 1))));
  add(cases, "tokens as one string", tiny_gguf().set(tokens, string_value("abc")));
  add(cases, "no tokenizer model", tiny_gguf().erase("tokenizer.ggml.model"));
  add(cases, "an unknown tokenizer model", tiny_gguf().set("tokenizer.ggml.model", string_value("nonsuch")));
  add(cases, "an unknown pre-tokenizer", tiny_gguf().set("tokenizer.ggml.pre", string_value("nonsuch")));

  const std::string types = "tokenizer.ggml.token_type";
  for (const int n : {0, 1, 257, 259}) {
    add(cases, cat(n, " token types"), tiny_gguf().set(types, i32s_value(std::vector<std::int32_t>(n, 1))));
  }
  add(cases, "token types as floats", tiny_gguf().set(types, f32s_value(std::vector<float>(258, 1))));
  add(cases, "token types as strings", tiny_gguf().set(types, strings_value(std::vector<std::string>(258, "1"))));
  for (const int value : {-1, 99, std::numeric_limits<int>::min()}) {
    add(cases, cat("token types of ", value), tiny_gguf().set(types, i32s_value(std::vector<std::int32_t>(258, value))),
        MalformedAt::kNowhere);
  }
  const std::string scores = "tokenizer.ggml.scores";
  add(cases, "three scores", tiny_gguf().set(scores, f32s_value({1, 2, 3})));
  add(cases, "scores as strings", tiny_gguf().set(scores, strings_value(std::vector<std::string>(258, "1"))));
  add(cases, "scores of NaN", tiny_gguf().set(scores, f32s_value(std::vector<float>(258, std::nanf("")))),
      MalformedAt::kNowhere);

  const std::string merges = "tokenizer.ggml.merges";
  add(cases, "merges as integers", tiny_gguf().set(merges, i32s_value({1, 2})));
  for (const char* merge : {"", " ", "a", "a b c", "nonsuch b", "  "}) {
    add(cases, cat("merge \"", merge, "\""), tiny_gguf().set(merges, strings_value({merge})), MalformedAt::kNowhere);
  }
}

void add_wrong_special_tokens(std::vector<MalformedCase>& cases) {
  for (const char* name : {"bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask", "fim_pre", "fim_suf",
                           "fim_mid", "fim_pad", "fim_rep", "fim_sep", "prefix", "suffix", "middle"}) {
    const std::string key = cat("tokenizer.ggml.", name, "_token_id");
    for (const std::uint32_t id : {258u, 0x7fffffffu, 0x80000000u}) {
      add(cases, cat(key, " = ", id), tiny_gguf().set(key, u32_value(id)));
    }
    // Real files say it of tokens that an answer does not need, and mean "none".
    const std::string_view needed = "bos eos eot eom unknown";
    add(cases, cat(key, " = 2^32 - 1"), tiny_gguf().set(key, u32_value(0xffffffff)),
        needed.find(name) != std::string_view::npos ? MalformedAt::kModel : MalformedAt::kNowhere);
    add(cases, cat(key, " = 2^63"), tiny_gguf().set(key, u64_value(std::uint64_t{1} << 63)));
    add(cases, cat(key, " = -5"), tiny_gguf().set(key, i32_value(-5)));
    add(cases, cat(key, " as a string"), tiny_gguf().set(key, string_value("end")));
  }
}

// Numbers and scales that are not finite, or so large that what is computed with them is not.
void add_wrong_numbers(std::vector<MalformedCase>& cases) {
  const RawGguf good = tiny_gguf();
  for (const RawTensor& tensor : good.tensors) {
    for (const std::uint16_t half : {std::uint16_t{0x7e00}, std::uint16_t{0x7c00}, std::uint16_t{0xfc00}}) {
      RawGguf file = good;
      std::string& data = file.tensor(tensor.name).data;
      for (std::size_t at = 0; at + 2 <= data.size(); at += 2) std::memcpy(data.data() + at, &half, sizeof(half));
      const DType type = *dtype_from_ggml_id(tensor.type);
      const auto n =
          static_cast<std::int64_t>(data.size()) / dtype_traits(type).block_bytes * dtype_traits(type).block_elems;
      const bool finite = scan_numbers(type, data.data(), n) != Numbers::kNotFinite;
      add(cases, cat(tensor.name, " full of f16 bits ", half), file,
          finite ? MalformedAt::kNowhere : MalformedAt::kModel);
    }
  }
}

}  // namespace

void add_malformed_model(std::vector<MalformedCase>& cases) {
  add_wrong_sizes(cases);
  add_wrong_floats(cases);
  add_wrong_tensors(cases);
  add_wrong_vocabulary(cases);
  add_wrong_special_tokens(cases);
  add_wrong_numbers(cases);
}

}  // namespace tenfold
