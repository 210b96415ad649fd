// Any bytes as what a checkpoint brings beside its weights: an error, or a file that opens. The first byte says what
// the rest is: 'p' a tokenizer.model, 't' a tokenizer.json, 'c' a config.json.
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
#include "expect.h"
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
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
  }
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
  const auto tokenizer = tokenizer_of_pieces(Json::object(), kRows);
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

void check_config(std::string_view text) {
  static const Folder folder;
  folder.write("config.json", text);
  ConvertOptions options;
  options.folder = folder.path();
  options.out = folder.path() + "/out.gguf";
  const auto report = convert_checkpoint(options, nullptr);
  expect(report.status().code() != StatusCode::kInternal);
  expect(!report.ok() || GgufFile::open(options.out).ok());
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
    default: break;
  }
  return 0;
}
