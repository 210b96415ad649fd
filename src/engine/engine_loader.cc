#include "engine/engine_loader.h"

#include <algorithm>
#include <future>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/guard.h"
#include "engine/hosts.h"
#include "engine/session_impl.h"
#include "kernels/select.h"
#include "model/vocab_from_gguf.h"
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

// Work on a thread of its own, or in wait() where the system gives none. It ends before this does, but not in the child
// of a fork(), where the thread is not there to be waited for: what it had is given up.
class Beside {
 public:
  template <typename Work>
  explicit Beside(Work work) {
    const SignalsBlocked blocked;
    status_ = std::make_unique<std::future<Status>>(
        std::async(std::launch::async | std::launch::deferred, [work = std::move(work)] { return guard(work); }));
  }
  ~Beside() {
    if (process_ != ::getpid()) static_cast<void>(status_.release());
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // In the process that began it. The second time it has nothing to say.
  Status wait() { return status_->valid() ? status_->get() : Status(); }

 private:
  const pid_t process_ = ::getpid();
  std::unique_ptr<std::future<Status>> status_;
};

Result<VocabData> read_vocabulary(const ServedModel& served) {
  TENFOLD_ASSIGN_OR_RETURN(VocabData vocab, vocab_from_gguf(served.file().metadata()));
  const ArchSpec& spec = served.model->spec();
  vocab.end_texts.assign(spec.end_texts.begin(), spec.end_texts.end());
  const int n_rows = spec.vocab_size;
  if (vocab.tokens.size() == static_cast<std::size_t>(n_rows)) return vocab;
  return corrupt_data("vocabulary: expected ", n_rows, " tokens as token_embd.weight has rows, found ",
                      vocab.tokens.size());
}

// What stands for an image is a control token, whatever the file says: a user's text that spells it is text.
void make_control(VocabData& vocab, const ImageTexts& texts) {
  if (!vocab.types) return;
  for (std::size_t id = 0; id < std::min(vocab.tokens.size(), vocab.types->size()); ++id) {
    const std::string_view token = vocab.tokens[id];
    const bool stands_for_image = token == texts.begin || token == texts.placeholder || token == texts.end;
    if (stands_for_image) (*vocab.types)[id] = static_cast<std::int32_t>(TokenType::kControl);
  }
}

}  // namespace

Result<EngineParts> EngineParts::open(const ModelSource& source, const EngineOptions& options) {
  return EngineLoader(options).load(source);
}

std::vector<std::unique_ptr<PackedWriter>> EngineParts::begin_store() const {
  std::vector<std::unique_ptr<PackedWriter>> writers;
  for (const auto& one : served) {
    const Model* const kept = one->kept_model();
    if (!cache || kept == nullptr || kept->came_packed()) continue;
    if (auto writer = kept->begin_store(*cache); writer.ok()) writers.push_back(std::move(writer).value());
  }
  return writers;
}

Result<EngineParts> EngineLoader::load(const ModelSource& source) {
  const double start = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(check_options(options_));
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* kernels,
                           options_.isa.empty() ? kernels::select_kernels() : kernels::find_kernels(options_.isa));
  parts_.host = options_.host != nullptr ? options_.host : Hosts::of_process().shared();
  TENFOLD_RETURN_IF_ERROR(bind(source, *kernels));
  open_cache();
  const ServedModel& model = *parts_.model;
  Result<VocabData> vocab = read_vocabulary(model);
  if (!vocab.ok()) return vocab.status().with_context(model.name());
  if (parts_.tower != nullptr) make_control(*vocab, parts_.tower->spec().texts);
  count_vocabulary(*vocab);
  // A vocabulary takes as long as kept weights: one core makes it while the others read.
  Beside text([&]() -> Status {
    Result<std::unique_ptr<TextSide>> side = TextSide::create(model.file().metadata(), *vocab);
    if (side.ok()) parts_.text = std::move(side).value();
    return side.status().with_context(model.name());
  });
  if (!options_.draft_path.empty()) {
    TENFOLD_RETURN_IF_ERROR(text.wait());
    TENFOLD_RETURN_IF_ERROR(bind_draft(*kernels));
  }
  const ServingSize size{options_, parts_.info.n_ctx, choose_thread_count(read_cpu_topology(), options_.n_threads)};
  TENFOLD_RETURN_IF_ERROR(expect_memory(size));
  const Status loaded = load_weights(size);
  TENFOLD_RETURN_IF_ERROR(expect_no_fork());
  TENFOLD_RETURN_IF_ERROR(text.wait());
  TENFOLD_RETURN_IF_ERROR(loaded);
  if (parts_.tower != nullptr) TENFOLD_RETURN_IF_ERROR(parts_.text->add_images(parts_.tower->spec().texts));
  describe(source.path);
  for (const auto& served : parts_.served) TENFOLD_RETURN_IF_ERROR(served->let_go_of_file());
  parts_.info.load_s = monotonic_seconds() - start;
  return std::move(parts_);
}

Status EngineLoader::bind(const ModelSource& source, const kernels::KernelTable& kernels) {
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<ServedModel> model,
                           ServedModel::open(source, ServedModel::Role::kAnswers, kernels, options_));
  parts_.model = model.get();
  parts_.served.push_back(std::move(model));
  TENFOLD_ASSIGN_OR_RETURN(parts_.vector_settings, read_vector_settings(parts_.model->file().metadata()));
  TENFOLD_RETURN_IF_ERROR(choose_context());
  if (options_.mmproj_path.empty()) return {};
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<ServedTower> tower, ServedTower::open(options_, *parts_.model->model));
  parts_.tower = tower.get();
  parts_.served.push_back(std::move(tower));
  return {};
}

Status EngineLoader::choose_context() {
  ModelInfo& info = parts_.info;
  const ArchSpec& spec = parts_.model->model->spec();
  const int trained = spec.n_ctx_train;
  // Longer contexts would take other angles of rope for short texts too.
  const int by_default = spec.short_ctx > 0 ? std::min(spec.short_ctx, kDefaultContext) : kDefaultContext;
  info.n_ctx = options_.n_ctx > 0 ? options_.n_ctx : std::min(trained, by_default);
  if (!spec.causal() && info.n_ctx > trained) {
    return invalid_argument("n_ctx: expected at most ", trained, ", the positions that the model has, found ",
                            info.n_ctx);
  }
  return {};
}

void EngineLoader::open_cache() {
  if (!options_.use_cache || parts_.model->bytes_to_load() < options_.cache_min_bytes) return;
  Result<std::string> folder = options_.cache_folder.empty() ? PackedCache::default_folder() : options_.cache_folder;
  Status status = folder.status();
  if (folder.ok()) {
    Result<PackedCache> cache = PackedCache::open(std::move(folder).value(), options_.cache_max_bytes);
    if (cache.ok()) parts_.cache.emplace(std::move(cache).value());
    status = cache.status();
  }
  if (!status.ok()) {
    parts_.info.warnings.push_back(cat(status.message(), "; weights will be packed at each start"));
  }
}

void EngineLoader::count_vocabulary(const VocabData& vocab) {
  vocabulary_bytes_ = parts_.model->file().memory_bytes() + Tokenizer::bytes_for(vocab);
  if (parts_.tower != nullptr) vocabulary_bytes_ += parts_.tower->header_bytes();
  for (const std::string_view token : vocab.tokens) {
    longest_token_bytes_ = std::max(longest_token_bytes_, token.size());
  }
}

Status EngineLoader::bind_draft(const kernels::KernelTable& kernels) {
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<ServedModel> draft,
                           ServedModel::open({options_.draft_path}, ServedModel::Role::kDrafts, kernels, options_));
  parts_.draft = draft.get();
  parts_.served.push_back(std::move(draft));
  vocabulary_bytes_ += parts_.draft->file().memory_bytes();
  return share_vocabulary().with_context(parts_.draft->name());
}

Status EngineLoader::share_vocabulary() {
  const ServedModel& draft = *parts_.draft;
  TENFOLD_ASSIGN_OR_RETURN(const VectorSettings settings, read_vector_settings(draft.file().metadata()));
  if (!draft.model->spec().causal() || !settings.has_output_head) {
    return failed_precondition("expected a model that answers, found one that makes vectors");
  }
  TENFOLD_ASSIGN_OR_RETURN(const VocabData vocab, read_vocabulary(draft));
  TENFOLD_ASSIGN_OR_RETURN(parts_.draft_vocabulary, shared_vocabulary(parts_.text->tokenizer(), vocab.tokens));
  return {};
}

Status EngineLoader::expect_memory(const ServingSize& size) {
  MemoryNeeds needs;
  needs.vocabulary = vocabulary_bytes_;
  needs.session_lists =
      SessionImpl::bytes_for(size.n_ctx, parts_.model->model->spec().vocab_size, longest_token_bytes_);
  needs.n_ctx = size.n_ctx;
  needs.max_sessions = options_.max_sessions;
  needs.limit = options_.memory_limit_bytes;
  std::vector<Served*> all;
  for (const auto& served : parts_.served) {
    TENFOLD_RETURN_IF_ERROR(served->size_up(size, needs));
    all.push_back(served.get());
  }
  MemoryUser user;
  user.in_use = [all, vocabulary = vocabulary_bytes_] {
    MemoryInUse sum{vocabulary, 0};
    for (const Served* const served : all) {
      const MemoryInUse its = served->in_use();
      sum.touched += its.touched;
      sum.mapped += its.mapped;
    }
    return sum;
  };
  user.keep = [all](int n_sessions) {
    for (Served* const served : all) served->keep(n_sessions);
  };
  TENFOLD_ASSIGN_OR_RETURN(parts_.memory, parts_.host->memory().open(needs, std::move(user)));
  return {};
}

Status EngineLoader::load_weights(const ServingSize& size) {
  TENFOLD_ASSIGN_OR_RETURN(parts_.pool, parts_.host->threads(size.n_threads));
  BatchScheduler::Client turns(parts_.host->scheduler());
  double all_bytes = 0, done_bytes = 0;
  for (const auto& served : parts_.served) all_bytes += static_cast<double>(served->bytes_to_load());
  for (const auto& served : parts_.served) {
    const auto its_bytes = static_cast<double>(served->bytes_to_load());
    const auto on_progress = [&](double fraction) {
      if (!options_.on_load_progress) return true;
      return options_.on_load_progress((done_bytes + fraction * its_bytes) / all_bytes) && expect_no_fork().ok();
    };
    TENFOLD_RETURN_IF_ERROR(
        served->load({size, *parts_.pool, turns, parts_.cache ? &*parts_.cache : nullptr, on_progress}));
    done_bytes += its_bytes;
  }
  return {};
}

Status EngineLoader::expect_no_fork() const {
  if (process_ == ::getpid()) return {};
  return failed_precondition("expected a model to be opened in the process that began to, found a child of it; ",
                             "threads do not survive a fork: open it anew");
}

void EngineLoader::describe(const std::string& path) {
  ModelInfo& info = parts_.info;
  info.path = path;
  info.longest_token_bytes = static_cast<int>(longest_token_bytes_);
  info.max_text_bytes =
      std::clamp(static_cast<std::uint64_t>(info.n_ctx) * longest_token_bytes_, kLeastTextBytes, kMaxTextBytes);
  info.n_threads = parts_.pool->n_threads();
  for (const auto& served : parts_.served) served->describe(info);

  const TextSide& text = *parts_.text;
  info.has_chat_template = text.chat_renderer() != nullptr;
  if (info.has_chat_template) info.chat_template = text.template_source();
  info.chat_template_found = text.template_found();
  info.image_text = text.image_text();
  const std::vector<std::string> warnings = text.warnings();
  info.warnings.insert(info.warnings.end(), warnings.begin(), warnings.end());

  const VectorSettings& vectors = parts_.vector_settings;
  info.can_answer = parts_.model->model->spec().causal() && vectors.has_output_head;
  info.max_text_tokens = vectors.max_tokens;
  info.default_prompt = vectors.default_prompt;
  for (const NamedPrompt& prompt : vectors.prompts) info.prompt_names.push_back(prompt.name);
}

}  // namespace tenfold
