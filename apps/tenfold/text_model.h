// The part of a model file that deals with text: works on any well-formed GGUF with a vocabulary, runnable or not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model_file/gguf/gguf_file.h"
#include "tokenizer/tokenizer.h"

namespace tenfold::cli {

// The file's tokenizer. Errors: those of GgufFile::open and Tokenizer::create; kNotFound without a vocabulary.
Result<std::unique_ptr<Tokenizer>> open_tokenizer(const std::string& path);

// The file's chat template, and how it spells the tokens that templates mention, as far as it has them.
struct TemplateSource {
  std::string text;
  std::optional<std::string> bos;
  std::optional<std::string> eos;
};
Result<TemplateSource> read_template(const std::string& path);

}  // namespace tenfold::cli
