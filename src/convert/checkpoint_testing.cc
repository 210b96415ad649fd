#include "convert/checkpoint_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/cat.h"
#include "tensor/half.h"

namespace tenfold {

namespace {

std::string data_of(const TestCheckpoint::Tensor& tensor) {
  std::string data;
  for (const float value : tensor.values) {
    if (tensor.type == "BF16") {
      const std::uint16_t half = float_to_bf16(value);
      data.append(reinterpret_cast<const char*>(&half), sizeof(half));
    } else {
      data.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  }
  return data;
}

std::string safetensors(const std::map<std::string, const TestCheckpoint::Tensor*>& tensors) {
  Json header = Json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::string bytes = data_of(*tensor);
    header[name] = {{"dtype", tensor->type},
                    {"shape", tensor->shape},
                    {"data_offsets", Json::array({data.size(), data.size() + bytes.size()})}};
    data += bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof(length));
  return file + text + data;
}

}  // namespace

TestCheckpoint::TestCheckpoint() {
  config = {{"architectures", Json::array({"LlamaForCausalLM"})},
            {"hidden_size", 8},
            {"intermediate_size", 12},
            {"num_hidden_layers", 1},
            {"num_attention_heads", 2},
            {"num_key_value_heads", 1},
            {"max_position_embeddings", 64},
            {"rms_norm_eps", 1e-5},
            {"rope_theta", 5000.0},
            {"vocab_size", 10}};
  files["tokenizer.json"] = parse_json(R"({
    "added_tokens": [{"id": 4, "content": "<|end|>", "special": true}, {"id": 5, "content": "plain", "special": false}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges": ["a b"]}})")
                                .value();
  files["tokenizer_config.json"] = {{"eos_token", "<|end|>"}};
  add("model.embed_tokens.weight", {10, 8});
  add("model.norm.weight", {8});
  add("lm_head.weight", {10, 8});
  const std::string layer = "model.layers.0.";
  add(layer + "input_layernorm.weight", {8});
  add(layer + "post_attention_layernorm.weight", {8});
  add(layer + "self_attn.q_proj.weight", {8, 8});
  add(layer + "self_attn.k_proj.weight", {4, 8});
  add(layer + "self_attn.v_proj.weight", {4, 8});
  add(layer + "self_attn.o_proj.weight", {8, 8});
  add(layer + "mlp.gate_proj.weight", {12, 8});
  add(layer + "mlp.up_proj.weight", {12, 8});
  add(layer + "mlp.down_proj.weight", {8, 12});
}

TestCheckpoint::Tensor& TestCheckpoint::add(const std::string& name, std::vector<std::uint64_t> shape) {
  std::uint64_t n = 1;
  for (const std::uint64_t size : shape) n *= size;
  Tensor tensor = {"F32", std::move(shape), {}};
  const auto first = static_cast<float>(tensors.size() * 64);
  for (std::uint64_t i = 0; i < n; ++i) tensor.values.push_back(first + static_cast<float>(i) / 8);
  return tensors[name] = std::move(tensor);
}

void TestCheckpoint::rename(const std::string& from, const std::string& to) {
  auto node = tensors.extract(from);
  ASSERT_FALSE(node.empty()) << from;
  node.key() = to;
  tensors.insert(std::move(node));
}

const TempFolder& TestCheckpoint::write(int n_shards) const {
  for (const auto& entry : std::filesystem::directory_iterator(folder_.folder())) std::filesystem::remove_all(entry);
  folder_.write("config.json", config.dump());
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(name)).parent_path());
    folder_.write(name, bytes);
  };
  for (const auto& [name, json] : files) write(name, json.dump());
  for (const auto& [name, text] : texts) write(name, text);
  for (const auto& [folder, its_tensors] : module_tensors) {
    std::map<std::string, const Tensor*> by_name;
    for (const auto& [name, tensor] : its_tensors) by_name.emplace(name, &tensor);
    write(folder + "/model.safetensors", safetensors(by_name));
  }
  std::vector<std::map<std::string, const Tensor*>> shards(static_cast<std::size_t>(n_shards));
  std::size_t next = 0;
  Json index = {{"weight_map", Json::object()}};
  for (const auto& [name, tensor] : tensors) {
    const std::size_t shard = next++ % shards.size();
    shards[shard].emplace(name, &tensor);
    index["weight_map"][name] = cat("shard-", shard, ".safetensors");
  }
  if (n_shards == 1) {
    folder_.write("model.safetensors", safetensors(shards[0]));
    return folder_;
  }
  for (std::size_t i = 0; i < shards.size(); ++i)
    folder_.write(cat("shard-", i, ".safetensors"), safetensors(shards[i]));
  folder_.write("model.safetensors.index.json", index.dump());
  return folder_;
}

Result<ConvertReport> TestCheckpoint::convert(ConvertOptions options) const {
  options.folder = write().folder();
  options.out = folder_.path("out.gguf");
  return convert_checkpoint(options, nullptr);
}

std::string TestCheckpoint::error(const ConvertOptions& options) const {
  const auto report = convert(options);
  EXPECT_EQ(std::filesystem::exists(folder_.path("out.gguf")), report.ok());
  return report.ok() ? "converted" : std::string(report.status().message());
}

std::unique_ptr<GgufFile> TestCheckpoint::opened(const std::string& file) const {
  auto opened = GgufFile::open(folder_.path(file));
  EXPECT_TRUE(opened.ok()) << opened.status().to_string();
  return opened.ok() ? std::move(*opened) : nullptr;
}

void expect_shapes_are_checked(TestCheckpoint& checkpoint, const std::function<std::string()>& error,
                               const std::vector<std::string>& except) {
  const std::map<std::string, TestCheckpoint::Tensor> sound = checkpoint.tensors;
  for (const auto& [name, tensor] : sound) {
    if (std::find(except.begin(), except.end(), name) != except.end()) continue;
    std::vector<std::uint64_t> longer = tensor.shape, deeper = tensor.shape, flat = {tensor.values.size()};
    ++longer.front();
    deeper.push_back(1);
    if (flat == tensor.shape) flat.insert(flat.begin(), 1);
    for (const auto& shape : {longer, deeper, flat}) {
      checkpoint.add(name, shape);
      const std::string found = error();
      EXPECT_TRUE(contains(found, name) && contains(found, "expected the shape ")) << name << ": " << found;
    }
    checkpoint.tensors[name] = tensor;
  }
  EXPECT_EQ(error(), "converted");
}

std::vector<float> floats_of(const GgufFile& file, const std::string& name) {
  const GgufTensor* tensor = file.find_tensor(name);
  EXPECT_NE(tensor, nullptr) << name;
  if (tensor == nullptr) return {};
  EXPECT_EQ(tensor->ggml_type, 0u) << name;
  std::vector<float> values(tensor->n_elements());
  const Status read = file.read(*tensor, 0, std::as_writable_bytes(std::span(values)));
  EXPECT_TRUE(read.ok()) << read.to_string();
  return values;
}

}  // namespace tenfold
