// Any bytes as what a checkpoint brings beside its weights: an error, or a file that opens. The first byte says what
// the rest is: 'p' a tokenizer.model, 't' a tokenizer.json, 'c' a config.json, 's' all that sentence-transformers puts
// into a folder, one file behind the other with a zero byte between them.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/cat.h"
#include "convert/convert.h"
#include "convert/vocab/hf_tokenizer.h"
#include "convert/vocab/pre_name.h"
#include "convert/vocab/sentencepiece_model.h"
#include "convert/vocab/vocabulary.h"
#include "expect_testing.h"
#include "model/vector_settings.h"
#include "model_file/gguf/gguf_file.h"

namespace tenfold {
namespace {

constexpr std::uint32_t kRows = 64;

// Every size is 2 but the four rows of the embedding.
std::string weights() {
  std::string header;
  std::size_t end = 0;
  const auto add = [&](const std::string& name, const char* shape, std::size_t n_bytes) {
    header += cat(header.empty() ? "{" : ",", "\"model.", name, ".weight\":{\"dtype\":\"F32\",\"shape\":", shape,
                  ",\"data_offsets\":[", end, ",", end + n_bytes, "]}");
    end += n_bytes;
  };
  add("embed_tokens", "[4,2]", 32);
  add("norm", "[2]", 8);
  for (const char* name : {"input_layernorm", "post_attention_layernorm"}) add(cat("layers.0.", name), "[2]", 8);
  for (const char* name : {"q", "k", "v", "o"}) add(cat("layers.0.self_attn.", name, "_proj"), "[2,2]", 16);
  for (const char* name : {"gate", "up", "down"}) add(cat("layers.0.mlp.", name, "_proj"), "[2,2]", 16);
  header += "}";
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(end, '\0');
}

// A folder with the weights of a tiny Llama, whatever its config.json says.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenfold-fuzz-XXXXXX").string();
    expect(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    write("model.safetensors", weights());
    write("tokenizer.json", R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)"
                            R"("model":{"type":"BPE","vocab":{"a":0},"merges":[]}})");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const char* name, std::string_view bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
  }
  void remove(const char* name) const { std::filesystem::remove(path_ + "/" + name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void check_vocabulary(const Vocabulary& vocabulary) {
  expect(vocabulary.tokens.size() == kRows && vocabulary.types.size() == kRows);
  expect(vocabulary.scores.empty() || vocabulary.scores.size() == kRows);
}

void check_pieces(std::string_view bytes) {
  const auto model = parse_sentencepiece_model(bytes, kRows);
  if (!model.ok()) return;
  expect(!model->pieces.empty() && model->pieces.size() <= kRows);
  const auto tokenizer = tokenizer_of_pieces(Json::object(), Json::object(), kRows);
  check_vocabulary(piece_vocabulary(*tokenizer, *model));
}

void check_tokenizer(std::string_view text) {
  const auto json = parse_json(text);
  if (!json.ok()) return;
  const auto tokenizer = read_hf_tokenizer(*json, kRows);
  if (!tokenizer.ok()) return;
  if (tokenizer->kind == TokenizerKind::kByteLevel) {
    check_vocabulary(byte_level_vocabulary(*tokenizer));
    const auto name = find_pre_name(*tokenizer, "");
    expect(name.ok() || !name.status().message().empty());
  } else {
    check_vocabulary(piece_vocabulary(*tokenizer, std::nullopt));
  }
}

void check_folder(const Folder& folder) {
  ConvertOptions options;
  options.folder = folder.path();
  options.out = folder.path() + "/out.gguf";
  const auto report = convert_checkpoint(options, nullptr);
  expect(report.status().code() != StatusCode::kInternal);
  if (!report.ok()) return;
  const auto file = GgufFile::open(options.out);
  expect(file.ok());
  expect(read_vector_settings((*file)->metadata()).ok());
}

void check_config(std::string_view text) {
  static const Folder folder;
  folder.write("config.json", text);
  check_folder(folder);
}

void check_sentence_folder(std::string_view bytes) {
  static const Folder folder;
  constexpr const char* kFiles[] = {"modules.json",
                                    "1_Pooling/config.json",
                                    "2_Dense/config.json",
                                    "3_Normalize/config.json",
                                    "sentence_bert_config.json",
                                    "config_sentence_transformers.json",
                                    "tokenizer_config.json",
                                    "special_tokens_map.json",
                                    "generation_config.json"};
  folder.write("config.json", R"({"model_type":"llama","hidden_size":2,"intermediate_size":2,"num_hidden_layers":1,)"
                              R"("num_attention_heads":1,"max_position_embeddings":8,"rms_norm_eps":1e-5})");
  for (const char* file : kFiles) {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    folder.remove(file);
    if (end > 0) folder.write(file, bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  folder.write("2_Dense/model.safetensors", bytes);
  check_folder(folder);
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'p': check_pieces(rest); break;
    case 't': check_tokenizer(rest); break;
    case 'c': check_config(rest); break;
    case 's': check_sentence_folder(rest); break;
    default: break;
  }
  return 0;
}
