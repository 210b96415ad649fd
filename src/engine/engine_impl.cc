#include "engine/engine_impl.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/guard.h"
#include "base/json.h"
#include "base/utf8.h"
#include "chat/message_json.h"
#include "chat/message_parts.h"
#include "engine/session_impl.h"
#include "engine/vector_text.h"
#include "kernels/select.h"
#include "model/vocab_from_gguf.h"
#include "model_file/pread_file.h"
#include "platform/cpu_topology.h"
#include "runtime/signals_blocked.h"

namespace tenfold {

namespace {

constexpr int kDefaultContext = 8192;
constexpr int kMaxContext = 1 << 22;
constexpr int kMaxSessions = 1024;
constexpr int kMaxPrefillChunk = 4096;
// Even where tokens are short: some vocabularies leave out white space and what they do not know.
constexpr std::uint64_t kLeastTextBytes = std::uint64_t{1} << 20;
// What a chat template may fill with values and again with text, however short memory is.
constexpr std::uint64_t kLeastTemplateBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 30;

Status check_options(const EngineOptions& o) {
  const auto within = [](const char* name, int value, int min, int max) -> Status {
    if (value >= min && value <= max) return {};
    return invalid_argument(name, ": expected ", min, "…", max, ", found ", value);
  };
  TENFOLD_RETURN_IF_ERROR(within("n_threads", o.n_threads, 0, TaskPool::kMaxThreads));
  TENFOLD_RETURN_IF_ERROR(within("n_ctx", o.n_ctx, 0, kMaxContext));
  TENFOLD_RETURN_IF_ERROR(within("max_sessions", o.max_sessions, 1, kMaxSessions));
  return within("prefill_chunk", o.prefill_chunk, 1, kMaxPrefillChunk);
}

// Threads beyond the cores would wait for each other's slices.
// Runs `work` on a thread of its own, or in get() where the system gives none. The result's destructor waits for it.
template <typename Work>
std::future<Status> start_thread(Work work) {
  const SignalsBlocked blocked;
  return std::async(std::launch::async | std::launch::deferred, [work = std::move(work)] { return guard(work); });
}

// The type that most weights have.
std::string main_type(const GgufFile& file) {
  std::map<std::uint32_t, std::uint64_t> elements;
  for (const GgufTensor& t : file.tensors()) elements[t.ggml_type] += t.n_elements();
  const auto most = std::max_element(elements.begin(), elements.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == elements.end()) return "";
  const auto type = dtype_from_ggml_id(most->first);
  return type ? dtype_traits(*type).name : std::string(ggml_type_name(most->first));
}

Result<VocabData> read_vocabulary(const GgufFile& file, const Model& model) {
  TENFOLD_ASSIGN_OR_RETURN(VocabData vocab, vocab_from_gguf(file.metadata()));
  vocab.end_texts.assign(model.spec().end_texts.begin(), model.spec().end_texts.end());
  const int n_rows = model.spec().vocab_size;
  if (vocab.tokens.size() == static_cast<std::size_t>(n_rows)) return vocab;
  return corrupt_data("vocabulary: expected ", n_rows, " tokens as token_embd.weight has rows, found ",
                      vocab.tokens.size());
}

// The caller's progress of a part of the loading.
std::function<bool(double)> part_of(const EngineOptions& options, double begin, double end) {
  if (!options.on_load_progress) return nullptr;
  return [&options, begin, end](double fraction) { return options.on_load_progress(begin + fraction * (end - begin)); };
}

// What stands for a picture is a control token, whatever the file says: a user's text that spells it is text.
void make_control(VocabData& vocab, const ImageTexts& texts) {
  if (!vocab.types) return;
  for (std::size_t id = 0; id < std::min(vocab.tokens.size(), vocab.types->size()); ++id) {
    const std::string_view token = vocab.tokens[id];
    const bool stands_for_picture = token == texts.begin || token == texts.placeholder || token == texts.end;
    if (stands_for_picture) (*vocab.types)[id] = static_cast<std::int32_t>(TokenType::kControl);
  }
}

}  // namespace

Result<std::shared_ptr<Engine>> Engine::open(const std::string& path, const EngineOptions& options) {
  return guard([&] { return EngineImpl::open(path, options); });
}

Result<std::shared_ptr<Engine>> EngineImpl::open(const std::string& path, const EngineOptions& options) {
  auto engine = std::make_shared<EngineImpl>();
  TENFOLD_RETURN_IF_ERROR(engine->load(path, options));
  return std::shared_ptr<Engine>(std::move(engine));
}

Status EngineImpl::load(const std::string& path, const EngineOptions& options) {
  const double start = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(check_options(options));
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* kernels,
                           options.isa.empty() ? kernels::select_kernels() : kernels::find_kernels(options.isa));
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(path));
  const std::string name = printable_base_name(path);
  auto model = ServedModel::bind(*file, *kernels, options);
  if (!model.ok()) return model.status().with_context(name);
  model_ = std::move(model).value();
  TENFOLD_ASSIGN_OR_RETURN(vector_settings_, read_vector_settings(file->metadata()));
  TENFOLD_RETURN_IF_ERROR(choose_context(options));
  if (!options.mmproj_path.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(tower_, ServedTower::open(options, *model_.model));
  }
  open_cache(options);
  Result<VocabData> vocab = read_vocabulary(*file, *model_.model);
  if (!vocab.ok()) return vocab.status().with_context(name);
  if (tower_ != nullptr) make_control(*vocab, tower_->spec().texts);
  vocabulary_bytes_ = file->memory_bytes() + Tokenizer::bytes_for(*vocab) + (tower_ ? tower_->header_bytes() : 0);
  for (const std::string_view token : vocab->tokens) {
    longest_token_bytes_ = std::max(longest_token_bytes_, token.size());
  }
  // A vocabulary takes as long as kept weights: one core makes it while the others read.
  std::future<Status> vocabulary = start_thread([&] { return load_vocabulary(*file, *vocab).with_context(name); });

  std::unique_ptr<GgufFile> draft_file;
  if (!options.draft_path.empty()) {
    TENFOLD_RETURN_IF_ERROR(vocabulary.get());
    auto opened = GgufFile::open(options.draft_path);
    if (!opened.ok()) return opened.status().with_context("draft model");
    draft_file = std::move(opened).value();
    if (const Status status = bind_draft(*draft_file, options); !status.ok()) {
      return status.with_context(cat("draft model ", printable_base_name(options.draft_path)));
    }
  }
  const Status loaded = load_weights(name, options, choose_thread_count(read_cpu_topology(), options.n_threads));
  if (vocabulary.valid()) TENFOLD_RETURN_IF_ERROR(vocabulary.get());
  TENFOLD_RETURN_IF_ERROR(loaded);
  TENFOLD_RETURN_IF_ERROR(file->expect_unchanged());
  if (draft_file != nullptr) TENFOLD_RETURN_IF_ERROR(draft_file->expect_unchanged().with_context("draft model"));
  embedder_.emplace(scheduler_, model_, info_.n_ctx);
  describe(path, *file);
  if (tower_ != nullptr) TENFOLD_RETURN_IF_ERROR(find_image_texts());
  info_.load_s = monotonic_seconds() - start;
  start_storing();
  return {};
}

void EngineImpl::open_cache(const EngineOptions& options) {
  if (!options.use_cache || model_.model->weight_bytes() < options.cache_min_bytes) return;
  Result<std::string> folder = options.cache_folder.empty() ? PackedCache::default_folder() : options.cache_folder;
  Status status = folder.status();
  if (folder.ok()) {
    Result<PackedCache> cache = PackedCache::open(std::move(folder).value(), options.cache_max_bytes);
    if (cache.ok()) cache_.emplace(std::move(cache).value());
    status = cache.status();
  }
  if (!status.ok()) info_.warnings.push_back(cat(status.message(), "; weights will be packed at each start"));
}

void EngineImpl::start_storing() {
  info_.came_packed = model_.model->came_packed();
  std::vector<const Model*> fresh;
  for (const ServedModel* served : {&model_, draft_ ? &*draft_ : nullptr}) {
    if (cache_ && served != nullptr && !served->model->came_packed()) fresh.push_back(served->model.get());
  }
  if (fresh.empty()) return;
  // What cannot be stored is packed again next time; that is no reason to trouble anybody.
  const Status started = storing_.start([this, fresh](const std::atomic<bool>& stop) {
    for (const Model* model : fresh) {
      static_cast<void>(model->store_packed(*cache_, [&](double fraction) {
        stored_fraction_.store(fraction, std::memory_order_relaxed);
        return !stop.load(std::memory_order_relaxed);
      }));
    }
  });
  static_cast<void>(started);
}

Result<std::vector<StepTime>> EngineImpl::step_times() {
  return guard([&]() -> Result<std::vector<StepTime>> {
    TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn turn, scheduler_.take_short_turn());
    return model_.step_times();
  });
}

bool EngineImpl::wait_until_stored(const std::function<bool(double)>& on_wait) {
  while (storing_.running()) {
    if (on_wait && !on_wait(stored_fraction_.load(std::memory_order_relaxed))) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Sums up what all of it will need, then reads the weights.
Status EngineImpl::load_weights(const std::string& name, const EngineOptions& options, int n_threads) {
  const int n_ctx = info_.n_ctx;
  max_sessions_ = options.max_sessions;
  memory_limit_bytes_ = options.memory_limit_bytes;
  TENFOLD_RETURN_IF_ERROR(model_.size_up(options, n_ctx, n_threads));
  if (draft_) TENFOLD_RETURN_IF_ERROR(draft_->size_up(options, n_ctx, n_threads));
  if (tower_ != nullptr) picture_bytes_ = tower_->working_bytes(n_threads);
  TENFOLD_RETURN_IF_ERROR(expect_memory(1, 0, picture_bytes_));

  TENFOLD_ASSIGN_OR_RETURN(pool_, TaskPool::create(n_threads));
  const PackedCache* const cache = cache_ ? &*cache_ : nullptr;
  const auto first = static_cast<double>(model_.model->weight_bytes());
  const auto second = draft_ ? static_cast<double>(draft_->model->weight_bytes()) : 0;
  const double share = first / (first + second);
  TENFOLD_RETURN_IF_ERROR(model_.load(*pool_, cache, options, n_ctx, part_of(options, 0, share)).with_context(name));
  if (!draft_) return {};
  return draft_->load(*pool_, cache, options, n_ctx, part_of(options, share, 1))
      .with_context(cat("draft model ", printable_base_name(options.draft_path)));
}

Status EngineImpl::bind_draft(const GgufFile& file, const EngineOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(draft_, ServedModel::bind(file, model_.model->kernels(), options));
  TENFOLD_ASSIGN_OR_RETURN(const VectorSettings settings, read_vector_settings(file.metadata()));
  if (!draft_->model->spec().causal() || !settings.has_output_head) {
    return failed_precondition("expected a model that answers, found one that makes vectors");
  }
  TENFOLD_ASSIGN_OR_RETURN(const VocabData vocab, read_vocabulary(file, *draft_->model));
  TENFOLD_ASSIGN_OR_RETURN(draft_vocabulary_, shared_vocabulary(*tokenizer_, vocab.tokens));
  vocabulary_bytes_ += file.memory_bytes();
  const int trained = draft_->model->spec().n_ctx_train;
  if (info_.n_ctx > trained) {
    info_.warnings.push_back(cat("context of ", info_.n_ctx, " tokens: the draft model was trained with ", trained,
                                 ", its guesses may get worse beyond"));
  }
  return {};
}

Status EngineImpl::load_vocabulary(const GgufFile& file, const VocabData& vocab) {
  TENFOLD_ASSIGN_OR_RETURN(tokenizer_, Tokenizer::create(vocab));
  const auto text_of = [&](std::optional<TokenId> id) -> std::optional<std::string> {
    if (!id) return std::nullopt;
    return std::string(tokenizer_->text(*id));
  };
  bos_text_ = text_of(tokenizer_->bos());
  eos_text_ = text_of(tokenizer_->eos());
  for (const std::string& warning : tokenizer_->warnings()) info_.warnings.push_back(warning);

  if (!file.metadata().has("tokenizer.chat_template")) return {};
  TENFOLD_ASSIGN_OR_RETURN(const std::string source, file.metadata().string("tokenizer.chat_template"));
  Result<ChatRenderer> renderer = ChatRenderer::create(source);
  if (renderer.ok()) {
    chat_renderer_.emplace(std::move(renderer).value());
    info_.chat_template = source;
  } else if (renderer.status().is_out_of_memory()) {
    return renderer.status();
  } else {
    // The model still answers raw prompts, so this is no reason to refuse it.
    std::string_view reason = renderer.status().message();
    if (constexpr std::string_view kSubject = "chat template: "; reason.starts_with(kSubject)) {
      reason.remove_prefix(kSubject.size());
    }
    info_.chat_template_found = cat("one that cannot be read: ", reason);
    info_.warnings.push_back(cat("chat template: expected one, found ", info_.chat_template_found));
  }
  return {};
}

Status EngineImpl::choose_context(const EngineOptions& options) {
  const ArchSpec& spec = model_.model->spec();
  const int trained = spec.n_ctx_train;
  // Longer contexts would take other angles of rope for short texts too.
  const int by_default = spec.short_ctx > 0 ? std::min(spec.short_ctx, kDefaultContext) : kDefaultContext;
  info_.n_ctx = options.n_ctx > 0 ? options.n_ctx : std::min(trained, by_default);
  if (!spec.causal() && info_.n_ctx > trained) {
    return invalid_argument("n_ctx: expected at most ", trained, ", the positions that the model has, found ",
                            info_.n_ctx);
  }
  if (info_.n_ctx > trained) {
    info_.warnings.push_back(cat("context of ", info_.n_ctx, " tokens: the model was trained with ", trained,
                                 ", answers may get worse beyond"));
  }
  return {};
}

void EngineImpl::describe(const std::string& path, const GgufFile& file) {
  const ArchSpec& spec = model_.model->spec();
  info_.path = path;
  info_.architecture = spec.architecture;
  if (Result<std::string> name = file.metadata().string("general.name"); name.ok()) info_.name = *name;
  info_.quantization = main_type(file);
  info_.isa = model_.model->kernels().isa;
  for (const GgufTensor& t : file.tensors()) info_.n_params += t.n_elements();
  info_.file_bytes = file.file_bytes();
  info_.weight_bytes = model_.model->weight_bytes();
  info_.decode_bytes = model_.model->decode_bytes();
  info_.max_text_bytes =
      std::clamp(static_cast<std::uint64_t>(info_.n_ctx) * longest_token_bytes_, kLeastTextBytes, kMaxTextBytes);
  info_.n_layers = spec.n_layers;
  info_.model_dim = spec.model_dim;
  info_.n_heads = spec.n_heads;
  info_.n_kv_heads = spec.n_kv_heads;
  info_.head_dim = spec.head_dim;
  info_.ffn_dim = spec.ffn_dim;
  info_.vocab_size = spec.vocab_size;
  info_.n_ctx_train = spec.n_ctx_train;
  info_.longest_token_bytes = static_cast<int>(longest_token_bytes_);
  info_.can_answer = spec.causal() && vector_settings_.has_output_head;
  info_.pooling = embedder_->default_pooling();
  info_.vector_dim = model_.model->vector_head().dim();
  info_.max_text_tokens = vector_settings_.max_tokens;
  info_.default_prompt = vector_settings_.default_prompt;
  for (const NamedPrompt& prompt : vector_settings_.prompts) info_.prompt_names.push_back(prompt.name);
  info_.n_threads = pool_->n_threads();
  info_.has_chat_template = chat_renderer_.has_value();
}

Result<std::unique_ptr<Session>> EngineImpl::create_session() {
  return guard([&]() -> Result<std::unique_ptr<Session>> {
    if (!info_.can_answer) {
      return failed_precondition(printable_base_name(info_.path),
                                 ": this model makes vectors of texts, it cannot answer; use tenfold embed");
    }
    auto self = std::static_pointer_cast<EngineImpl>(shared_from_this());
    const int n_sessions = ++n_sessions_;
    // Keeps the engine alive and is the session's place among max_sessions, given back with it or if it fails.
    std::shared_ptr<EngineImpl> place(this, [self](EngineImpl*) { --self->n_sessions_; });
    if (n_sessions > max_sessions_) {
      return resource_exhausted("sessions: expected at most ", max_sessions_, ", all are open");
    }
    TENFOLD_RETURN_IF_ERROR(expect_memory(n_sessions, bytes_used(), picture_bytes_));
    TENFOLD_RETURN_IF_ERROR(model_.reserve(n_sessions));
    if (draft_) TENFOLD_RETURN_IF_ERROR(draft_->reserve(n_sessions));
    return std::unique_ptr<Session>(new SessionImpl(std::move(place)));
  });
}

Result<std::vector<float>> EngineImpl::embed(std::span<const TokenId> tokens, const EmbedOptions& options) {
  return guard([&]() -> Result<std::vector<float>> {
    if (const int n_sessions = n_sessions_; n_sessions > 0) {
      TENFOLD_RETURN_IF_ERROR(expect_memory(n_sessions + 1, bytes_used(), picture_bytes_));
    }
    return embedder_->embed(tokens, options);
  });
}

Result<std::vector<float>> EngineImpl::embed(std::string_view text, const EmbedOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view prompt, find_prompt(vector_settings_, options));
  // The model's own prompt may name tokens, whoever wrote the text.
  const TextRange rest{static_cast<std::uint32_t>(prompt.size()),
                       static_cast<std::uint32_t>(prompt.size() + text.size())};
  TokenizeOptions how = {.add_bos = true, .add_eos = true, .parse_special = true, .cancel = options.cancel};
  if (!options.parse_special) how.given = {&rest, 1};
  Result<std::vector<TokenId>> tokens = prompt.empty() ? tokenize(text, how) : tokenize(cat(prompt, text), how);
  if (!tokens.ok()) return tokens.status();
  const std::size_t n_tokens = tokens->size();
  cut_tokens(*tokens, max_text_tokens(vector_settings_, info_.n_ctx, options), *tokenizer_);
  if (options.usage != nullptr) *options.usage = {n_tokens, tokens->size()};
  return embed(std::span<const TokenId>(*tokens), options);
}

Result<std::vector<TokenId>> EngineImpl::tokenize(std::string_view text, const TokenizeOptions& options) const {
  return guard([&]() -> Result<std::vector<TokenId>> {
    TENFOLD_RETURN_IF_ERROR(expect_room("text", text.size()));
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim work, claim_memory(Tokenizer::kWorkBytesOfTextByte * text.size()));
    return tokenizer_->encode(text, options);
  });
}

Result<std::string> EngineImpl::detokenize(std::span<const TokenId> tokens, bool render_special) const {
  return guard([&]() -> Result<std::string> {
    const SpecialText special = render_special ? SpecialText::kShow : SpecialText::kHide;
    TENFOLD_ASSIGN_OR_RETURN(const std::string bytes, tokenizer_->decode(tokens, special));
    return to_valid_utf8(bytes);
  });
}

Result<RenderedChat> EngineImpl::render_chat(std::span<const Message> messages, const ChatOptions& options) const {
  return guard([&]() -> Result<RenderedChat> {
    if (!chat_renderer_) {
      return failed_precondition("chat template: expected one in ", info_.path, ", found ", info_.chat_template_found,
                                 "; use a raw prompt");
    }
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim work, claim_for_chat(messages, options));
    Json given;
    if (options.messages_json.empty()) {
      given = to_json(messages);
    } else {
      TENFOLD_ASSIGN_OR_RETURN(given, parse_json(options.messages_json));
    }
    if (count_images(given) > 0) TENFOLD_RETURN_IF_ERROR(image_placeholder().status());
    TENFOLD_ASSIGN_OR_RETURN(ChatTemplateInput input, template_input(std::move(given), options));
    ImageWords words;
    if (tower_ != nullptr) words = {tower_->spec().texts.placeholder, info_.image_text};
    TENFOLD_ASSIGN_OR_RETURN(RenderedChat chat, chat_renderer_->render(std::move(input), words));
    if (options.given_text == GivenText::kParsed) chat.given.clear();
    return chat;
  });
}

Result<ChatTemplateInput> EngineImpl::template_input(Json messages, const ChatOptions& options) const {
  ChatTemplateInput input;
  input.messages = std::move(messages);
  if (!options.tools_json.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.tools, parse_json(options.tools_json));
  }
  if (!options.variables_json.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.variables, parse_json(options.variables_json));
  }
  input.add_generation_prompt = options.add_generation_prompt;
  input.cancel = options.cancel;
  input.now_s = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  input.max_bytes = std::max<std::uint64_t>(kLeastTemplateBytes, spare_bytes_ / 2);
  input.bos_token = bos_text_;
  input.eos_token = eos_text_;
  return input;
}

Status EngineImpl::find_image_texts() {
  const ImageTexts& texts = tower_->spec().texts;
  for (const std::string_view text : {texts.begin, texts.placeholder, texts.end}) {
    if (!tokenizer_->find(text)) {
      return invalid_argument("vision tower: expected ", text,
                              " in the text model's vocabulary, found none; it belongs ", "to another model");
    }
  }
  image_placeholder_ = *tokenizer_->find(texts.placeholder);
  info_.image_text = cat(texts.begin, texts.placeholder, texts.end);
  return {};
}

Result<TokenId> EngineImpl::image_placeholder() const {
  if (tower_ != nullptr) return image_placeholder_;
  return failed_precondition("images: expected a model with a vision tower (an mmproj file), found none");
}

Result<ImageRef> EngineImpl::encode_image(std::span<const std::byte> file, const ImageOptions& options) {
  return guard([&]() -> Result<ImageRef> {
    TENFOLD_RETURN_IF_ERROR(image_placeholder().status());
    const auto claim = [this](std::uint64_t n_bytes) { return claim_memory(n_bytes, kUseSmallerPicture); };
    return tower_->encode(file, options, {*pool_, picture_turns_, info_.n_ctx, claim});
  });
}

bool EngineImpl::is_end_token(TokenId token) const noexcept { return tokenizer_->ends_generation(token); }

}  // namespace tenfold
