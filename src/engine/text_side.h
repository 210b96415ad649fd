// TextSide: what a model's file says of text: its vocabulary, how a chat is written, which tokens end an answer, and
// how it spells those that templates mention; and what an image is in a prompt.
//
// Made of any well-formed GGUF with a vocabulary, whether its model can be run or not. Owns copies of all it needs.
// Immutable once it is made, thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/chat_renderer.h"
#include "model/vision/vision_spec.h"
#include "model_file/gguf/gguf_file.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {

class TextSide {
 public:
  // vocab: that of the same file. Errors: see Tokenizer::create; kCorruptData for a chat template that is no text;
  // kResourceExhausted.
  static Result<std::unique_ptr<TextSide>> create(const GgufMetadata& metadata, const VocabData& vocab);
  // Of a file and nothing else of it. Errors: also those of GgufFile::open; kNotFound without a vocabulary.
  static Result<std::unique_ptr<TextSide>> open(const std::string& path);

  [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return *tokenizer_; }
  // As the vocabulary spells them; none if it has none.
  [[nodiscard]] const std::optional<std::string>& bos() const noexcept { return bos_; }
  [[nodiscard]] const std::optional<std::string>& eos() const noexcept { return eos_; }

  // Null if the file has none that can be read.
  [[nodiscard]] const ChatRenderer* chat_renderer() const noexcept {
    return chat_renderer_ && chat_renderer_->ok() ? &**chat_renderer_ : nullptr;
  }
  // The template's source, as the file has it.
  [[nodiscard]] const std::string& template_source() const noexcept { return template_source_; }
  // What is wrong with the template that the file has; ok if nothing is, or if it has none.
  [[nodiscard]] Status template_status() const { return chat_renderer_ ? chat_renderer_->status() : Status(); }
  // Without a template: "none", or "one that cannot be read: line 3: …".
  [[nodiscard]] std::string template_found() const;

  // Of what had to be guessed.
  [[nodiscard]] std::vector<std::string> warnings() const;

  // That the model sees: once, before others use this. Errors: kInvalidArgument if the vocabulary has no such tokens.
  Status add_images(const ImageTexts& texts);
  // Errors: kFailedPrecondition if it sees no images.
  [[nodiscard]] Result<TokenId> image_placeholder() const;
  [[nodiscard]] std::string_view placeholder_text() const noexcept { return image_texts_.placeholder; }
  // What an image is in a text: "<|begin_of_image|><|image|>…"; empty if it sees none.
  [[nodiscard]] const std::string& image_text() const noexcept { return image_text_; }

 private:
  TextSide() = default;
  Status read_template(const GgufMetadata& metadata);
  Status read_vocabulary(const VocabData& vocab);

  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<std::string> bos_, eos_;
  std::string template_source_;
  std::optional<Result<ChatRenderer>> chat_renderer_;  // none: the file has none
  ImageTexts image_texts_;
  std::string image_text_;
  TokenId image_placeholder_ = -1;
};

}  // namespace tenfold
