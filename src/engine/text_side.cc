#include "engine/text_side.h"

#include "base/contracts.h"
#include "base/error.h"
#include "model/vocab_from_gguf.h"

namespace tenfold {

namespace {

constexpr const char* kTemplateKey = "tokenizer.chat_template";

std::optional<std::string> spelled(const Tokenizer& tokenizer, std::optional<TokenId> id) {
  if (!id) return std::nullopt;
  return std::string(tokenizer.text(*id));
}

}  // namespace

Result<std::unique_ptr<TextSide>> TextSide::create(const GgufMetadata& metadata, const VocabData& vocab) {
  std::unique_ptr<TextSide> side(new TextSide);
  TENFOLD_RETURN_IF_ERROR(side->read_template(metadata));
  TENFOLD_RETURN_IF_ERROR(side->read_vocabulary(vocab));
  return side;
}

Result<std::unique_ptr<TextSide>> TextSide::open(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(path));
  std::unique_ptr<TextSide> side(new TextSide);
  TENFOLD_RETURN_IF_ERROR(side->read_template(file->metadata()));
  const Result<VocabData> vocab = vocab_from_gguf(file->metadata());
  const Status status = vocab.ok() ? side->read_vocabulary(*vocab) : vocab.status();
  if (!status.ok()) return status.with_context(path);
  return side;
}

Status TextSide::read_vocabulary(const VocabData& vocab) {
  TENFOLD_ASSIGN_OR_RETURN(tokenizer_, Tokenizer::create(vocab, template_source_));
  bos_ = spelled(*tokenizer_, tokenizer_->bos());
  eos_ = spelled(*tokenizer_, tokenizer_->eos());
  return {};
}

Status TextSide::read_template(const GgufMetadata& metadata) {
  if (!metadata.has(kTemplateKey)) return {};
  TENFOLD_ASSIGN_OR_RETURN(const std::string source, metadata.string(kTemplateKey));
  template_source_ = ChatRenderer::template_of(source);
  chat_renderer_.emplace(ChatRenderer::create(template_source_));
  // The model still answers raw prompts without a template, so one that cannot be read is no reason to refuse it.
  return template_status().is_out_of_memory() ? template_status() : Status();
}

std::string TextSide::template_found() const {
  const Status status = template_status();
  if (status.ok()) return "none";
  std::string_view reason = status.message();
  if (constexpr std::string_view kSubject = "chat template: "; reason.starts_with(kSubject)) {
    reason.remove_prefix(kSubject.size());
  }
  return cat("one that cannot be read: ", reason);
}

std::vector<std::string> TextSide::warnings() const {
  std::vector<std::string> warnings(tokenizer_->warnings().begin(), tokenizer_->warnings().end());
  if (!template_status().ok()) warnings.push_back(cat("chat template: expected one, found ", template_found()));
  return warnings;
}

Status TextSide::add_images(const ImageTexts& texts) {
  TENFOLD_DCHECK(image_placeholder_ < 0);
  for (const std::string_view text : {texts.begin, texts.placeholder, texts.end}) {
    if (!tokenizer_->find(text)) {
      return invalid_argument("vision tower: expected ", text,
                              " in the text model's vocabulary, found none; it belongs to another model");
    }
  }
  image_texts_ = texts;
  image_placeholder_ = *tokenizer_->find(texts.placeholder);
  image_text_ = cat(texts.begin, texts.placeholder, texts.end);
  return {};
}

Result<TokenId> TextSide::image_placeholder() const {
  if (image_placeholder_ >= 0) return image_placeholder_;
  return failed_precondition("images: expected a model with a vision tower (an mmproj file), found none");
}

}  // namespace tenfold
