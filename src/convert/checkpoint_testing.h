// For tests only: a tiny checkpoint that a test can break in one place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "convert/convert.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class TestCheckpoint {
 public:
  // A Llama of one layer: model_dim 8, 2 heads (1 of keys) of 4, ffn_dim 12, 10 rows of embedding, 6 tokens. Element i
  // of a tensor is i/8 plus something that differs from tensor to tensor, in F32.
  TestCheckpoint();

  Json config;
  std::map<std::string, Json> files;  // tokenizer.json, … : what is written beside the config
  std::map<std::string, std::string> texts;

  struct Tensor {
    std::string type = "F32";
    std::vector<std::uint64_t> shape;
    std::vector<float> values;  // written as F32 whatever the type, unless that is BF16
  };
  std::map<std::string, Tensor> tensors;
  Tensor& add(const std::string& name, std::vector<std::uint64_t> shape);
  void rename(const std::string& from, const std::string& to);

  // Files of `files` and `texts` may lie in folders of their own ("1_Pooling/config.json"), and so may weights: here by
  // folder, then by name.
  std::map<std::string, std::map<std::string, Tensor>> module_tensors;

  // Writes everything, the weights into n_shards files.
  [[nodiscard]] const TempFolder& write(int n_shards = 1) const;
  // Writes and converts. out.gguf lies in the folder; the report or what is wrong.
  Result<ConvertReport> convert(ConvertOptions options = {}) const;
  // The message of a conversion that fails, "converted" for one that does not.
  [[nodiscard]] std::string error(const ConvertOptions& options = {}) const;
  // What was written.
  [[nodiscard]] std::unique_ptr<GgufFile> opened(const std::string& file = "out.gguf") const;

 private:
  TempFolder folder_;
};

// Gives each tensor other shapes in turn (a row more, an axis more, one axis less) and expects the conversion to be
// refused by the tensor's name.
//   except: those whose rows are not said elsewhere, so that others are the ones that do not fit
void expect_shapes_are_checked(TestCheckpoint& checkpoint, const std::function<std::string()>& error,
                               const std::vector<std::string>& except = {"model.embed_tokens.weight"});

// The elements of an F32 tensor.
std::vector<float> floats_of(const GgufFile& file, const std::string& tensor);

}  // namespace tenfold
