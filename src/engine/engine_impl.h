// What an Engine is made of. Immutable after open; the scheduler and the KV pool lock for themselves.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "chat/chat_renderer.h"
#include "engine/batch_scheduler.h"
#include "engine/embedder.h"
#include "engine/memory_sum.h"
#include "engine/same_vocabulary.h"
#include "engine/served_model.h"
#include "engine/served_tower.h"
#include "model/vector_settings.h"
#include "model_file/packed_cache.h"
#include "runtime/background_task.h"
#include "tenfold/engine.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {

class EngineImpl final : public Engine {
 public:
  static Result<std::shared_ptr<Engine>> open(const std::string& path, const EngineOptions& options);

  [[nodiscard]] const ModelInfo& info() const noexcept override { return info_; }
  Result<std::unique_ptr<Session>> create_session() override;
  Result<std::vector<float>> embed(std::span<const TokenId> tokens, const EmbedOptions& options) override;
  Result<std::vector<float>> embed(std::string_view text, const EmbedOptions& options) override;
  using Engine::tokenize;
  [[nodiscard]] Result<std::vector<TokenId>> tokenize(std::string_view text,
                                                      const TokenizeOptions& options) const override;
  [[nodiscard]] Result<std::string> detokenize(std::span<const TokenId> tokens, bool render_special) const override;
  [[nodiscard]] Result<RenderedChat> render_chat(std::span<const Message> messages,
                                                 const ChatOptions& options) const override;
  [[nodiscard]] bool is_end_token(TokenId token) const noexcept override;
  Result<ImageRef> encode_image(std::span<const std::byte> file, const ImageOptions& options) override;
  bool wait_until_stored(const std::function<bool(double)>& on_wait) override;
  Result<std::vector<StepTime>> step_times() override;

  // For sessions.
  BatchScheduler& scheduler() noexcept { return scheduler_; }
  ServedModel& model() noexcept { return model_; }
  // The smaller model that guesses ahead; null if there is none.
  ServedModel* draft_model() noexcept { return draft_ ? &*draft_ : nullptr; }
  [[nodiscard]] const SharedVocabulary& draft_vocabulary() const noexcept { return draft_vocabulary_; }
  [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return *tokenizer_; }
  // Errors: kFailedPrecondition if the model sees no pictures.
  [[nodiscard]] Result<TokenId> image_placeholder() const;
  // Room for what a call works in. Less than a megabyte is not worth looking for. Errors: kResourceExhausted with the
  // sum.
  Result<MemoryClaim> claim_memory(std::uint64_t n_bytes, std::string_view advice = kUseSmallerModel) const;

 private:
  Status load(const std::string& path, const EngineOptions& options);
  Status load_vocabulary(const GgufFile& file, const VocabData& vocab);
  // The draft model without its weights, after load_vocabulary. Errors: kInvalidArgument if its vocabulary is another.
  Status bind_draft(const GgufFile& file, const EngineOptions& options);
  // name: of the file, for errors.
  Status load_weights(const std::string& name, const EngineOptions& options, int n_threads);
  Status choose_context(const EngineOptions& options);
  // Compares weights, vocabulary, KV caches of n_sessions and working memory with what there is. bytes_used: how much
  // of them is in use already and so no longer counts as available.
  //   picture_bytes:  that the vision tower works in, if there is one
  Status expect_memory(int n_sessions, std::uint64_t bytes_used, std::uint64_t picture_bytes,
                       std::string_view advice = kUseSmallerModel) const;
  // The same for what there is now.
  [[nodiscard]] Status expect_memory_now(std::string_view advice = kUseSmallerModel) const;
  [[nodiscard]] std::uint64_t bytes_mapped() const;
  // Errors: kInvalidArgument for a text that no context has room for.
  [[nodiscard]] Status expect_room(const char* name, std::uint64_t n_bytes) const;
  // For all that a chat is made from, before any of it is copied. Errors: also kResourceExhausted for too much JSON.
  [[nodiscard]] Result<MemoryClaim> claim_for_chat(std::span<const Message> messages, const ChatOptions& options) const;
  [[nodiscard]] std::uint64_t bytes_used() const;
  // What the vision tower is to the vocabulary. Errors: kInvalidArgument if that has no placeholder.
  Status find_image_texts();
  // What the template sees. Errors: kInvalidArgument for what is no JSON.
  Result<ChatTemplateInput> template_input(Json messages, const ChatOptions& options) const;
  void describe(const std::string& path, const GgufFile& file);
  // The cache, if it is wanted and can be had; else a warning says why.
  void open_cache(const EngineOptions& options);
  void start_storing();

  ModelInfo info_;
  int max_sessions_ = 0;
  std::uint64_t memory_limit_bytes_ = 0;  // 0: none but the machine's
  std::atomic<int> n_sessions_ = 0;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<ChatRenderer> chat_renderer_;
  std::optional<std::string> bos_text_, eos_text_;
  std::unique_ptr<TaskPool> pool_;
  ServedModel model_;
  std::optional<ServedModel> draft_;
  SharedVocabulary draft_vocabulary_;
  std::unique_ptr<ServedTower> tower_;
  std::uint64_t picture_bytes_ = 0;     // that it works in, for a picture of the default size
  std::uint64_t vocabulary_bytes_ = 0;  // with the headers of all files
  std::size_t longest_token_bytes_ = 0;
  mutable std::atomic<std::uint64_t> claimed_bytes_ = 0;
  mutable std::atomic<std::uint64_t> spare_bytes_ = 0;  // beyond the sum, when it was last looked at
  TokenId image_placeholder_ = -1;
  BatchScheduler scheduler_;
  BatchScheduler::Client picture_turns_{scheduler_};
  VectorSettings vector_settings_;
  std::optional<Embedder> embedder_;
  std::optional<PackedCache> cache_;
  std::atomic<double> stored_fraction_ = 0;
  BackgroundTask storing_;  // reads the models and cache_: dies before them
};

}  // namespace tenfold
