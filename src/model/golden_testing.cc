#include "model/golden_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tenfold {

namespace {

std::string model_data_path(const std::string& file) { return data_path("models/" + file); }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string data_path(const std::string& file) { return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/" + file; }

std::vector<float> read_npy(const std::string& path) {
  const std::string bytes = read_file(path);
  EXPECT_EQ(bytes.substr(0, 6), "\x93NUMPY") << path;
  const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_NE(bytes.find("'<f4'"), std::string::npos) << path;
  std::vector<float> values((bytes.size() - 10 - header) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + 10 + header, values.size() * sizeof(float));
  return values;
}

Json read_json(const std::string& path) {
  Result<Json> json = parse_json(read_file(path));
  EXPECT_TRUE(json.ok()) << path << ": " << json.status().to_string();
  return json.ok() ? std::move(json).value() : Json();
}

const std::vector<std::string>& golden_names() {
  static const std::vector<std::string> names = {"llama-f32",
                                                 "llama-untied-biases-f16",
                                                 "llama-rope-factors-bf16",
                                                 "llama-window-f16",
                                                 "llama-linear-rope-wide-heads-f16",
                                                 "llama-q4_0",
                                                 "llama-q4_1",
                                                 "llama-q5_0",
                                                 "llama-q5_1",
                                                 "llama-q8_0",
                                                 "llama-k-types"};
  return names;
}

Golden read_golden(const std::string& name) {
  Golden golden;
  golden.path = model_data_path(name + ".gguf");
  const Json json = read_json(model_data_path(name + ".json"));
  golden.prompt = json["prompt"].get<std::vector<TokenId>>();
  golden.first_position = json["first_position"].get<int>();
  golden.greedy = json["greedy"].get<std::vector<TokenId>>();
  golden.logits = read_npy(model_data_path(name + ".npy"));
  golden.vocab_size =
      static_cast<int>(golden.logits.size() / (golden.prompt.size() - static_cast<std::size_t>(golden.first_position)));
  return golden;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

double nmse(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double mean = 0, error = 0, variance = 0;
  for (const float x : b) mean += x;
  mean /= static_cast<double>(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    variance += (b[i] - mean) * (b[i] - mean);
  }
  return error / variance;
}

}  // namespace tenfold
