#include "engine/engine_impl.h"

#include "base/error.h"
#include "base/guard.h"
#include "engine/session_impl.h"
#include "model_file/pread_file.h"

namespace tenfold {

Result<std::shared_ptr<Engine>> Engine::open(const std::string& path, const EngineOptions& options) {
  return guard([&] { return EngineImpl::open({path}, options); });
}

Result<std::shared_ptr<Engine>> Engine::open(const FileSlice& slice, const EngineOptions& options) {
  return guard([&] { return EngineImpl::open(ModelSource::of(slice), options); });
}

Result<std::shared_ptr<Engine>> EngineImpl::open(const ModelSource& source, const EngineOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(EngineParts parts, EngineParts::open(source, options));
  return std::shared_ptr<Engine>(std::make_shared<EngineImpl>(std::move(parts)));
}

EngineImpl::EngineImpl(EngineParts parts)
    : parts_(std::move(parts)),
      texts_(*parts_.text, parts_.info, *parts_.memory),
      embedder_(scheduler(), model(), memory(), info().n_ctx),
      session_origin_(model(), parts_.tower, info()),
      image_turns_(scheduler()),
      joined_(parts_.host, parts_.served, {&embedder_, &session_origin_, &store_}) {
  store_.start(parts_.begin_store());
}

Result<std::unique_ptr<Session>> EngineImpl::create_session() {
  return guard([&]() -> Result<std::unique_ptr<Session>> {
    if (!info().can_answer) {
      return failed_precondition(printable_base_name(info().path),
                                 ": this model makes vectors of texts, it cannot answer; use tenfold embed");
    }
    int n_open = 0;
    TENFOLD_ASSIGN_OR_RETURN(MemoryPlace place, memory().take_session_place(n_open));
    for (const auto& served : parts_.served) TENFOLD_RETURN_IF_ERROR(served->reserve(n_open));
    auto self = std::static_pointer_cast<EngineImpl>(shared_from_this());
    return std::unique_ptr<Session>(new SessionImpl(std::move(self), std::move(place)));
  });
}

Result<std::vector<float>> EngineImpl::embed(std::span<const TokenId> tokens, const EmbedOptions& options) {
  return guard([&] { return embedder_.embed(tokens, options); });
}

Result<std::vector<float>> EngineImpl::embed(std::string_view text, const EmbedOptions& options) {
  return guard([&]() -> Result<std::vector<float>> {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> tokens,
                             texts_.tokens_of_vector(text, parts_.vector_settings, options));
    return embed(std::span<const TokenId>(tokens), options);
  });
}

Result<std::vector<TokenId>> EngineImpl::tokenize(std::string_view text, const TokenizeOptions& options) const {
  return texts_.tokenize(text, options);
}

Result<std::string> EngineImpl::detokenize(std::span<const TokenId> tokens, SpecialText special) const {
  return texts_.detokenize(tokens, special);
}

Result<RenderedChat> EngineImpl::render_chat(std::span<const Message> messages, const ChatOptions& options) const {
  return texts_.render_chat(messages, options);
}

bool EngineImpl::is_end_token(TokenId token) const noexcept { return text().tokenizer().ends_generation(token); }

Result<ImageRef> EngineImpl::encode_image(std::span<const std::byte> file, const ImageOptions& options) {
  return guard([&]() -> Result<ImageRef> {
    TENFOLD_RETURN_IF_ERROR(text().image_placeholder().status());
    const auto claim = [this](std::uint64_t n_bytes) { return memory().claim(n_bytes, kUseSmallerImage); };
    return parts_.tower->encode(file, options, {*parts_.pool, image_turns_, info().n_ctx, claim});
  });
}

Status EngineImpl::wait_until_stored(const std::function<bool(double)>& on_wait) {
  return guard([&] { return store_.finish(on_wait); });
}

Result<std::vector<StageTime>> EngineImpl::stage_times() {
  return guard([&]() -> Result<std::vector<StageTime>> {
    TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn turn, scheduler().take_short_turn());
    return model().stage_times();
  });
}

}  // namespace tenfold
