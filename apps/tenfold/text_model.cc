#include "text_model.h"

#include "base/error.h"
#include "model/vocab_from_gguf.h"

namespace tenfold::cli {

namespace {

Result<std::unique_ptr<Tokenizer>> make_tokenizer(const GgufFile& file) {
  TENFOLD_ASSIGN_OR_RETURN(const VocabData vocab, vocab_from_gguf(file.metadata()));
  return Tokenizer::create(vocab);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> open_tokenizer(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(path));
  auto tokenizer = make_tokenizer(*file);
  if (!tokenizer.ok()) return tokenizer.status().with_context(path);
  return tokenizer;
}

Result<TemplateSource> read_template(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(path));
  if (!file->metadata().has("tokenizer.chat_template")) {
    return failed_precondition(path, ": expected a chat template in the model, found none; try --file T.jinja");
  }
  TemplateSource source;
  TENFOLD_ASSIGN_OR_RETURN(source.text, file->metadata().string("tokenizer.chat_template"));
  auto tokenizer = make_tokenizer(*file);
  if (!tokenizer.ok()) return tokenizer.status().with_context(path);
  const auto spelled = [&](std::optional<TokenId> id) -> std::optional<std::string> {
    if (!id) return std::nullopt;
    return std::string((*tokenizer)->text(*id));
  };
  source.bos = spelled((*tokenizer)->bos());
  source.eos = spelled((*tokenizer)->eos());
  return source;
}

}  // namespace tenfold::cli
