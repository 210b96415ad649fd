#include <random>

#include "base/utf8.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "tensor/dtype.h"
#include "tensor/quantize.h"

namespace tenfold {

namespace {

constexpr int kDim = 32;

// The 256 bytes as byte-level BPE writes them (printable ones as themselves, the others from U+0100 on), then a control
// token and one merge.
std::vector<std::string> tokens() {
  std::vector<std::string> all;
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte != 173);
    std::string token;
    append_utf8(token, printable ? byte : next++);
    all.push_back(token);
  }
  all.emplace_back("<|end|>");
  all.emplace_back("ab");
  return all;
}

// Small numbers, the same on every machine.
std::vector<float> random_weights(std::mt19937& random, std::size_t n) {
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 4000.0f;
  return values;
}

RawTensor random_tensor(std::mt19937& random, std::string name, std::vector<std::uint64_t> dims, DType type) {
  std::uint64_t n = 1;
  for (const std::uint64_t dim : dims) n *= dim;
  const std::vector<float> values = random_weights(random, n);
  RawTensor tensor{std::move(name), std::move(dims), dtype_traits(type).ggml_id, {}, {}};
  tensor.data.resize(row_bytes(type, static_cast<std::int64_t>(n)));
  // Only simple types are asked for below.
  (void)quantize_row(type, values.data(), static_cast<std::int64_t>(n), tensor.data.data());
  return tensor;
}

}  // namespace

RawGguf tiny_gguf() {
  const std::vector<std::string> all_tokens = tokens();
  std::vector<std::int32_t> types(all_tokens.size(), 1);
  types[256] = 3;

  RawGguf file;
  file.set("general.architecture", string_value("llama"))
      .set("general.name", string_value("tiny"))
      .set("general.alignment", u32_value(32))
      .set("llama.block_count", u32_value(1))
      .set("llama.context_length", u32_value(64))
      .set("llama.embedding_length", u32_value(kDim))
      .set("llama.feed_forward_length", u32_value(kDim))
      .set("llama.attention.head_count", u32_value(2))
      .set("llama.attention.head_count_kv", u32_value(1))
      .set("llama.attention.layer_norm_rms_epsilon", f32_value(1e-5f))
      .set("llama.rope.dimension_count", u32_value(kDim / 2))
      .set("llama.rope.freq_base", f32_value(10000.0f))
      .set("tokenizer.ggml.model", string_value("gpt2"))
      .set("tokenizer.ggml.pre", string_value("gpt-2"))
      .set("tokenizer.ggml.tokens", strings_value(all_tokens))
      .set("tokenizer.ggml.token_type", i32s_value(types))
      .set("tokenizer.ggml.merges", strings_value({"a b"}))
      .set("tokenizer.ggml.bos_token_id", u32_value(256))
      .set("tokenizer.ggml.eos_token_id", u32_value(256));

  std::mt19937 random(1);
  const auto add = [&](std::string name, std::vector<std::uint64_t> dims, DType type) {
    file.tensors.push_back(random_tensor(random, std::move(name), std::move(dims), type));
  };
  add("token_embd.weight", {kDim, all_tokens.size()}, DType::kQ4_0);
  add("blk.0.attn_norm.weight", {kDim}, DType::kF32);
  add("blk.0.attn_q.weight", {kDim, kDim}, DType::kQ8_0);
  add("blk.0.attn_k.weight", {kDim, kDim / 2}, DType::kQ8_0);
  add("blk.0.attn_v.weight", {kDim, kDim / 2}, DType::kF16);
  add("blk.0.attn_output.weight", {kDim, kDim}, DType::kQ5_1);
  add("blk.0.ffn_norm.weight", {kDim}, DType::kF32);
  add("blk.0.ffn_gate.weight", {kDim, kDim}, DType::kQ4_1);
  add("blk.0.ffn_up.weight", {kDim, kDim}, DType::kQ5_0);
  add("blk.0.ffn_down.weight", {kDim, kDim}, DType::kBF16);
  add("output_norm.weight", {kDim}, DType::kF32);
  return file;
}

}  // namespace tenfold
