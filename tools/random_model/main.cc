// make_random_model: a GGUF model of any size with random weights.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "random_model.h"

namespace {

constexpr const char* kExamples = R"(
Types: q4_0, q8_0, q6_k, f16, … for every matrix; q4_k_m, q5_k_m, q3_k_m, … as llama.cpp mixes them.

Examples:
  make_random_model --size 1b --type q4_k_m --vocab-from model.gguf random-1b-q4_k_m.gguf
  make_random_model --size 9b --family glm4 --vocab-from model.gguf random-9b-q4_0.gguf
  make_random_model --size 350m --family lfm2 --n-ctx 128000 --vocab-from model.gguf random-lfm2.gguf
  make_random_model --size 1b --layers 4 --vocab 32000 --type q8_0 --vocab-from model.gguf small.gguf)";

}  // namespace

int main(int argc, char** argv) {
  using namespace tenfold::random_model;
  CLI::App program("Writes a model with random weights, to measure with.");
  program.footer(kExamples);
  RandomModel model;
  std::string path, size = "1b";
  std::vector<std::pair<int ModelSizes::*, int>> sizes_given;
  bool tied_output = false;
  program.add_option("OUT", path, "The GGUF file to write")->required();
  program.add_option("--size", size,
                     "Sizes to begin with: 350m (LFM2's), gemma3-1b, 1b (model_dim 2048) or 9b (GLM-4-9B's)");
  program.add_option(
      "--family", model.family,
      "What kind of model: llama, qwen2, qwen2vl, qwen3, qwen3moe, gemma2, gemma3, phi3, smollm3, chatglm, "
      "glm4, glm4v, glm4moe or lfm2");
  program.add_option("--type", model.type, "Type of the matrices, or a mixture");
  program.add_option("--vocab-from", model.vocab_from, "The GGUF file whose tokenizer it takes")->required();
  program.add_option("--seed", model.seed, "Other weights for another number");
  const auto add_size = [&](const char* flag, int ModelSizes::* which, const char* meaning) {
    const auto set = [&sizes_given, which](int value) { sizes_given.push_back({which, value}); };
    program.add_option_function<int>(flag, set, std::string(meaning) + "; instead of the size's");
  };
  add_size("--layers", &ModelSizes::n_layers, "Layers");
  add_size("--dim", &ModelSizes::model_dim, "Elements of a token's vector");
  add_size("--ffn", &ModelSizes::ffn_dim, "Rows of gate and up");
  add_size("--heads", &ModelSizes::n_heads, "Query heads");
  add_size("--kv-heads", &ModelSizes::n_kv_heads, "Key and value heads");
  add_size("--head-dim", &ModelSizes::head_dim, "Elements of a head");
  add_size("--vocab", &ModelSizes::vocab_size, "Tokens");
  add_size("--n-ctx", &ModelSizes::n_ctx, "The longest context that the file promises");
  add_size("--experts", &ModelSizes::n_experts, "Experts of a layer");
  add_size("--experts-used", &ModelSizes::n_experts_used, "Experts of a token");
  add_size("--expert-ffn", &ModelSizes::expert_ffn_dim, "Rows of an expert's gate and up");
  program.add_flag("--tied", tied_output, "The embedding is the output head");
  CLI11_PARSE(program, argc, argv);

  tenfold::Result<ModelSizes> sizes = sizes_of_preset(size);
  tenfold::Status status = sizes.status();
  if (status.ok()) {
    model.sizes = *sizes;
    for (const auto& [which, value] : sizes_given) model.sizes.*which = value;
    model.sizes.tied_output |= tied_output;
    status = write_random_model(model, path);
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "make_random_model: %s\n", status.to_string().c_str());
  return 1;
}
