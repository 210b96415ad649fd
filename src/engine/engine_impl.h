// An Engine: hands each call to the part that it is about. Immutable after open; parts lock for themselves.
#pragma once

#include <memory>

#include "engine/embedder.h"
#include "engine/engine_parts.h"
#include "engine/joined_parts.h"
#include "engine/session_origin.h"
#include "engine/text_calls.h"
#include "engine/weight_store.h"
#include "tenfold/engine.h"

namespace tenfold {

class EngineImpl final : public Engine {
 public:
  static Result<std::shared_ptr<Engine>> open(const ModelSource& source, const EngineOptions& options);
  explicit EngineImpl(EngineParts parts);

  [[nodiscard]] const ModelInfo& info() const noexcept override { return parts_.info; }
  Result<std::unique_ptr<Session>> create_session() override;
  Result<std::vector<float>> embed(std::span<const TokenId> tokens, const EmbedOptions& options) override;
  Result<std::vector<float>> embed(std::string_view text, const EmbedOptions& options) override;
  [[nodiscard]] Result<std::vector<TokenId>> tokenize(std::string_view text,
                                                      const TokenizeOptions& options) const override;
  [[nodiscard]] Result<std::string> detokenize(std::span<const TokenId> tokens, SpecialText special) const override;
  [[nodiscard]] Result<RenderedChat> render_chat(std::span<const Message> messages,
                                                 const ChatOptions& options) const override;
  [[nodiscard]] bool is_end_token(TokenId token) const noexcept override;
  Result<ImageRef> encode_image(std::span<const std::byte> file, const ImageOptions& options) override;
  Status wait_until_stored(const std::function<bool(double)>& on_wait) override;
  Result<std::vector<StageTime>> stage_times() override;

  // For sessions.
  [[nodiscard]] BatchScheduler& scheduler() noexcept { return parts_.host->scheduler(); }
  [[nodiscard]] MemoryAccount& memory() noexcept { return *parts_.memory; }
  [[nodiscard]] ServedModel& model() noexcept { return *parts_.model; }
  // The draft model; null if there is none.
  [[nodiscard]] ServedModel* draft_model() noexcept { return parts_.draft; }
  [[nodiscard]] const SharedVocabulary& draft_vocabulary() const noexcept { return parts_.draft_vocabulary; }
  [[nodiscard]] const TextSide& text() const noexcept { return *parts_.text; }
  [[nodiscard]] SessionOrigin& session_origin() noexcept { return session_origin_; }

 private:
  EngineParts parts_;
  TextCalls texts_;
  Embedder embedder_;
  SessionOrigin session_origin_;
  BatchScheduler::Client image_turns_;
  WeightStore store_;  // reads the models and the cache: dies before them
  JoinedParts joined_;
};

}  // namespace tenfold
