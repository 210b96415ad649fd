// Sessions that are saved and restored go on as if nothing had been, and what is no saved session of this model changes
// nothing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <thread>

#include "base/cat.h"
#include "engine/engine_impl.h"
#include "engine/requests_testing.h"
#include "engine/saved_text.h"
#include "image/png_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/vision/image_testing.h"
#include "model_file/session_file.h"
#include "model_file/temp_folder_testing.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

constexpr std::string_view kNote = "messages\n";
constexpr int kPromptLength = 150;  // ends within a block

EngineOptions options_for(Precision precision, KvCacheType kv_type) {
  EngineOptions options;
  options.precision = precision;
  options.kv_type = kv_type;
  options.n_threads = 1;
  options.n_ctx = 512;
  options.use_cache = false;
  return options;
}
const EngineOptions kUsual = options_for(Precision::kFast, KvCacheType::kF16);

std::unique_ptr<Session> session_of(Engine& engine) { return std::move(engine.create_session()).value(); }

// Draws at random, so that every bit of the logits matters; but never a placeholder.
GenerateResult answer(Session& session, std::span<const TokenId> prompt, std::span<const ImageRef> images, int n) {
  GenerateOptions options = greedy(n);
  options.sampler.temperature = images.empty() ? 1 : 0;
  options.sampler.seed = 7;
  auto result = session.generate(prompt, images, options, nullptr);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? std::move(result).value() : GenerateResult{};
}

// A conversation so far, and how it goes on.
struct Talk {
  std::vector<TokenId> prompt = some_tokens(kPromptLength);  // with a placeholder for each image
  std::vector<ImageRef> images = {};

  // Answers, saves, and asks again: the prompt becomes longer.
  void begin(Session& session, const std::string& path) {
    const GenerateResult first = answer(session, prompt, images, 20);
    ASSERT_TRUE(session.save(path, kNote).ok());
    prompt.insert(prompt.end(), first.tokens.begin(), first.tokens.end());
    prompt.insert(prompt.end(), {100, 101, 102});
  }
};

// Saves a talk, goes on with it, and does the same in another engine that restores it. What both save at the end has
// every key and value of both, and the same bytes.
void expect_to_go_on(Engine& engine, Engine& other, Talk talk) {
  const TempFolder folder;
  const std::string saved = folder.path("saved"), mine = folder.path("mine"), its = folder.path("its");
  const auto session = session_of(engine);
  talk.begin(*session, saved);
  const int n_saved = session->n_tokens();
  const GenerateResult expected = answer(*session, talk.prompt, talk.images, 80);
  ASSERT_TRUE(session->save(mine, "").ok());

  const auto restored = session_of(other);
  const auto note = restored->restore(saved);
  ASSERT_TRUE(note.ok()) << note.status().to_string();
  EXPECT_EQ(*note, kNote);
  EXPECT_EQ(restored->n_tokens(), n_saved);
  ASSERT_TRUE(restored->save(its, kNote).ok());
  EXPECT_TRUE(contents(its) == contents(saved)) << "what is saved again is the same";
  const GenerateResult result = answer(*restored, talk.prompt, *restored->images(), 80);
  EXPECT_EQ(result.tokens, expected.tokens);
  EXPECT_EQ(result.n_reused, n_saved);
  EXPECT_EQ(result.n_reused, expected.n_reused);
  ASSERT_TRUE(restored->save(its, "").ok());
  EXPECT_TRUE(contents(its) == contents(mine));
}

TEST(SavedSession, GoesOnBitForBit) {
  const std::string model = data_path("models/llama-k-types.gguf");  // q8_0 needs wide heads
  for (const Precision precision : {Precision::kFast, Precision::kExact}) {
    for (const KvCacheType kv_type : {KvCacheType::kF16, KvCacheType::kQ8_0, KvCacheType::kF32}) {
      EngineOptions options = options_for(precision, kv_type);
      const auto engine = Engine::open(model, options);
      options.n_threads = 2;
      options.prefill_chunk = 7;
      options.n_ctx = 400;
      const auto other = Engine::open(model, options);
      ASSERT_TRUE(engine.ok() && other.ok()) << engine.status().to_string();
      SCOPED_TRACE(cat("precision ", static_cast<int>(precision), ", KV ", static_cast<int>(kv_type)));
      expect_to_go_on(**engine, **other, {});
    }
  }
}

TEST(SavedSession, LogitsAreThoseOfTheTextReadAnew) {
  const TempFolder folder;
  const auto engine = std::static_pointer_cast<EngineImpl>(open_tiny(kUsual));
  const std::vector<TokenId> tokens = some_tokens(kPromptLength);
  const auto session = session_of(*engine);
  ASSERT_TRUE(session->append(std::span(tokens).first(130)).ok());
  ASSERT_TRUE(session->save(folder.path("saved"), "").ok());

  const std::atomic<bool> never = false;
  BatchScheduler::Client turns(engine->scheduler());
  CachedText text(turns, engine->model(), engine->info().n_ctx);
  ASSERT_TRUE(restore_text(*engine, {folder.path("saved"), nullptr}, text, never).ok());
  std::vector<float> logits(static_cast<std::size_t>(engine->info().vocab_size));
  ASSERT_TRUE(text.feed(std::span(tokens).subspan(130), logits, never).ok());
  EXPECT_TRUE(same_bits(logits, *session->logits(tokens, LogitRows::kLast)));
}

TEST(SavedSession, AnEmptyOneAndAFullOneAreSaved) {
  const TempFolder folder;
  EngineOptions options = kUsual;
  options.n_ctx = 200;
  const auto engine = open_tiny(options);
  const auto session = session_of(*engine), restored = session_of(*engine);
  for (const int n : {0, 64, 128, 200}) {
    ASSERT_TRUE(session->truncate(0).ok());
    if (n > 0) {
      ASSERT_TRUE(session->append(some_tokens(n)).ok());
    }
    ASSERT_TRUE(session->save(folder.path("saved"), kNote).ok());
    const auto note = restored->restore(folder.path("saved"));
    ASSERT_TRUE(note.ok()) << note.status().to_string();
    EXPECT_EQ(restored->n_tokens(), n);
  }
}

// In the place of positions that were used before.
TEST(SavedSession, HasNothingOfOtherTexts) {
  const TempFolder folder;
  const auto save_after = [&](int n_before, const std::string& path) {
    const auto engine = open_tiny(kUsual);
    if (n_before > 0) {
      ASSERT_TRUE(session_of(*engine)->append(some_tokens(n_before)).ok());
    }
    const auto session = session_of(*engine);
    ASSERT_TRUE(session->append(some_tokens(n_before > 0 ? 120 : 80)).ok());
    ASSERT_TRUE(session->truncate(80).ok());
    ASSERT_TRUE(session->save(path, "").ok());
  };
  save_after(0, folder.path("fresh"));
  save_after(300, folder.path("used"));
  EXPECT_TRUE(contents(folder.path("fresh")) == contents(folder.path("used")));
}

#ifndef TENFOLD_SANITIZED
// In a child, which is another process.
TEST(SavedSession, GoesOnInAnotherProcess) {
  const TempFolder folder;
  const std::string saved = folder.path("saved");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);
    const auto engine = open_tiny(kUsual);
    const auto session = session_of(*engine);
    answer(*session, some_tokens(kPromptLength), {}, 20);
    _exit(session->save(saved, kNote).ok() ? 0 : 1);
  }
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  ASSERT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  const auto engine = open_tiny(kUsual);
  const auto session = session_of(*engine), restored = session_of(*engine);
  Talk talk;
  talk.begin(*session, folder.path("mine"));
  EXPECT_TRUE(contents(folder.path("mine")) == contents(saved));
  ASSERT_TRUE(restored->restore(saved).ok());
  const GenerateResult result = answer(*restored, talk.prompt, {}, 40);
  EXPECT_EQ(result.n_reused, session->n_tokens());
  EXPECT_EQ(result.tokens, answer(*session, talk.prompt, {}, 40).tokens);
}

// At any moment: the file is the one before or the one after.
TEST(SavedSession, AKilledProcessLeavesTheFileWhole) {
  const TempFolder folder;
  const std::string saved = folder.path("saved");
  const auto engine = open_tiny(kUsual);
  const auto session = session_of(*engine);
  ASSERT_TRUE(session->append(some_tokens(kPromptLength)).ok());
  const std::string note(std::size_t{4} << 20, 'n');
  ASSERT_TRUE(session->save(saved, note).ok());
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(60);
      while (session->save(saved, note).ok()) continue;
      _exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 7 * i));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFSIGNALED(state));
    const auto found = session->restore(saved);
    ASSERT_TRUE(found.ok()) << found.status().to_string();
    EXPECT_TRUE(*found == note);
  }
  ASSERT_TRUE(session->save(saved, note).ok());
  int n_files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder.folder())) ++n_files;
  EXPECT_EQ(n_files, 1) << "what the killed left is removed";
}
#endif

std::shared_ptr<Engine> open_seeing(const std::string& name, EngineOptions options) {
  options.mmproj_path = data_path("vision/" + name + "-mmproj.gguf");
  auto engine = Engine::open(data_path("vision/" + name + ".gguf"), options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return engine.ok() ? *engine : nullptr;
}

Talk talk_with_images(Engine& engine, const std::string& name) {
  const Json golden = read_json(data_path("vision/" + name + ".json"));
  Talk talk{golden["prompt"].get<std::vector<TokenId>>(), {}};
  for (const auto& size : golden["pictures"]) {
    const auto png = make_png(test_image(size[0].get<int>(), size[1].get<int>()));
    talk.images.push_back(std::move(engine.encode_image(png, {})).value());
  }
  return talk;
}

TEST(SavedSession, ImagesNeedNotBeEncodedAgain) {
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    for (const Precision precision : {Precision::kFast, Precision::kExact}) {
      const EngineOptions options = options_for(precision, KvCacheType::kF16);
      const auto engine = open_seeing(name, options);
      SCOPED_TRACE(cat(name, ", precision ", static_cast<int>(precision)));
      expect_to_go_on(*engine, *open_seeing(name, options), talk_with_images(*engine, name));
    }
  }
}

TEST(SavedSession, ItsImagesAreReadAgainAfterAnotherPrefix) {
  const TempFolder folder;
  const auto engine = open_seeing("glm4v", kUsual);
  Talk talk = talk_with_images(*engine, "glm4v");
  const auto session = session_of(*engine);
  talk.begin(*session, folder.path("saved"));
  const auto other = open_seeing("glm4v", kUsual);
  const auto restored = session_of(*other);
  ASSERT_TRUE(restored->restore(folder.path("saved")).ok());
  const std::vector<ImageRef> images = *restored->images();
  ASSERT_EQ(images.size(), talk.images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    EXPECT_EQ(images[i]->content_hash, talk.images[i]->content_hash);
    EXPECT_EQ(images[i]->width, talk.images[i]->width);
    EXPECT_TRUE(same_bits(*images[i]->values, *talk.images[i]->values));
  }
  talk.prompt.insert(talk.prompt.begin(), 9);
  const GenerateResult result = answer(*restored, talk.prompt, images, 20);
  EXPECT_EQ(result.n_reused, 0);
  EXPECT_EQ(result.tokens, answer(*session_of(*engine), talk.prompt, talk.images, 20).tokens);
}

// A restored session stands within an image no more than any other.
TEST(SavedSession, ItsImagesAreCutOffAsAWhole) {
  const TempFolder folder;
  const auto engine = open_seeing("glm4v", kUsual);
  Talk talk = talk_with_images(*engine, "glm4v");
  const auto session = session_of(*engine), restored = session_of(*engine);
  talk.begin(*session, folder.path("saved"));
  ASSERT_TRUE(restored->restore(folder.path("saved")).ok());
  for (Session* const each : {session.get(), restored.get()}) ASSERT_TRUE(each->truncate(each->n_tokens() - 25).ok());
  EXPECT_EQ(restored->n_tokens(), session->n_tokens());
  EXPECT_EQ(restored->images()->size(), session->images()->size());
  for (Session* const each : {session.get(), restored.get()}) ASSERT_TRUE(each->append(some_tokens(10)).ok());
  ASSERT_TRUE(session->save(folder.path("mine"), "").ok());
  ASSERT_TRUE(restored->save(folder.path("its"), "").ok());
  EXPECT_TRUE(contents(folder.path("its")) == contents(folder.path("mine")));
}

// A session with a text of its own, from which nothing is to change when it refuses to be another.
class RefusedSession : public testing::Test {
 protected:
  void expect_refused(const std::string& path, StatusCode code, std::string_view part) {
    const auto note = session_->restore(path);
    EXPECT_EQ(note.status().code(), code) << note.status().to_string();
    EXPECT_NE(note.status().message().find(part), std::string_view::npos) << note.status().to_string();
  }
  void expect_as_it_was() {
    EXPECT_EQ(session_->n_tokens(), 70);
    ASSERT_TRUE(session_->save(folder_.path("after"), "").ok());
    EXPECT_TRUE(contents(folder_.path("after")) == contents(folder_.path("before")));
  }
  void SetUp() override {
    ASSERT_TRUE(session_->append(some_tokens(70)).ok());
    ASSERT_TRUE(session_->save(folder_.path("before"), "").ok());
  }
  void TearDown() override { expect_as_it_was(); }

  // What a session of another engine saves.
  std::string saved_by(Engine& engine) {
    const auto session = session_of(engine);
    EXPECT_TRUE(session->append(some_tokens(kPromptLength)).ok());
    EXPECT_TRUE(session->save(folder_.path("saved"), kNote).ok());
    return folder_.path("saved");
  }

  TempFolder folder_;
  std::shared_ptr<Engine> engine_ = open_tiny(kUsual);
  std::unique_ptr<Session> session_ = session_of(*engine_);
};

TEST_F(RefusedSession, OfAnotherModelOrWayOfRunningIt) {
  const auto models = data_path("models/");
  const auto open_other = [&](const char* name) { return std::move(Engine::open(models + name, kUsual)).value(); };
  expect_refused(saved_by(*open_other("llama-q8_0.gguf")), StatusCode::kFailedPrecondition, "saved with model: ");
  expect_refused(saved_by(*open_tiny(options_for(Precision::kExact, KvCacheType::kF16))),
                 StatusCode::kFailedPrecondition, "saved with precision: fast, found precision: exact");
  expect_refused(saved_by(*open_tiny(options_for(Precision::kFast, KvCacheType::kF32))),
                 StatusCode::kFailedPrecondition, "saved with keys and values: f16, ");
  EngineOptions scalar = kUsual;
  scalar.isa = "scalar";
  if (engine_->info().isa != "scalar") {
    expect_refused(saved_by(*open_tiny(scalar)), StatusCode::kFailedPrecondition,
                   cat("saved with instruction set: ", engine_->info().isa, ", found instruction set: scalar"));
  }
}

// The same header and sizes, other weights.
TEST_F(RefusedSession, OfAModelWithOtherWeights) {
  const std::string path = folder_.path("tuned.gguf");
  std::string bytes = contents(kTinyModel);
  bytes[bytes.size() - 100] ^= 1;
  folder_.write("tuned.gguf", bytes);
  expect_refused(saved_by(*std::move(Engine::open(path, kUsual)).value()), StatusCode::kFailedPrecondition,
                 "saved with model: ");
}

TEST_F(RefusedSession, LongerThanTheContext) {
  const std::string path = saved_by(*open_tiny(kUsual));
  EngineOptions options = kUsual;
  options.n_ctx = 100;
  const auto small = open_tiny(options);
  const Status status = session_of(*small)->restore(path).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "saved: expected at most the 100 tokens of a context, found 150; open the model with a larger context");
}

TEST_F(RefusedSession, ThatIsNone) {
  expect_refused(folder_.folder(), StatusCode::kInvalidArgument, "expected a regular file, found a directory");
  expect_refused(folder_.path("missing"), StatusCode::kNotFound, "missing");
  expect_refused(kTinyModel, StatusCode::kCorruptData, "expected a saved session");
  expect_refused(folder_.write("empty", ""), StatusCode::kCorruptData, "found 0");
}

TEST_F(RefusedSession, ThatIsDamagedOrCutOff) {
  const std::string whole = contents(saved_by(*engine_));
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t at = whole.size() * i / 64;
    std::string flipped = whole;
    flipped[at + (i == 0 ? 20 : 0)] ^= 4;
    expect_refused(folder_.write("flipped", flipped), StatusCode::kCorruptData, "flipped: ");
    expect_refused(folder_.write("cut", whole.substr(0, at)), StatusCode::kCorruptData, "cut: ");
  }
  std::string last = whole;
  last[whole.size() - 9] ^= 1;
  expect_refused(folder_.write("flipped", last), StatusCode::kCorruptData,
                 "keys and values of tokens from 128: expected bytes with the sum");
}

// By the caller, to whom its note says nothing.
TEST_F(RefusedSession, WhoseNoteIsAnothers) {
  const std::string path = saved_by(*engine_);
  std::string seen;
  const auto refused = session_->restore(path, [&](std::string_view note, std::span<const ImageRef> images) {
    seen = note;
    EXPECT_TRUE(images.empty());
    return corrupt_data("expected another note");
  });
  EXPECT_EQ(seen, kNote);
  EXPECT_EQ(refused.status().message(), "saved: expected another note");
}

// What a saved session holds, to be changed and written again with sums that are right.
struct Sections {
  SessionSizes sizes;
  std::vector<std::string> bytes;  // origin, note, tokens, images, rows of each, blocks

  explicit Sections(const std::string& path) {
    SessionFileReader file = std::move(SessionFileReader::open(path)).value();
    sizes = file.sizes();
    const auto add = [&](std::size_t n) {
      bytes.emplace_back(n, '\0');
      EXPECT_TRUE(file.read("section", std::as_writable_bytes(std::span(bytes.back()))).ok());
    };
    for (const std::size_t n : {std::size_t{sizes.origin_bytes}, std::size_t{sizes.note_bytes},
                                sizes.n_tokens * sizeof(TokenId), sizes.n_images * sizeof(SavedImage)}) {
      add(n);
    }
    std::vector<SavedImage> images(sizes.n_images);
    if (!images.empty()) std::memcpy(images.data(), bytes[3].data(), bytes[3].size());
    for (const SavedImage& image : images) add(image.n_tokens() * sizes.row_bytes);
    for (std::uint32_t i = 0; i < sizes.n_blocks; ++i) add(sizes.kv_bytes / sizes.n_blocks);  // one class of layers
  }
  void write(const std::string& path) const {
    const auto file = std::move(SessionFileWriter::create(path, sizes)).value();
    for (const std::string& section : bytes) EXPECT_TRUE(file->write_section(bytes_of(section)).ok());
    EXPECT_TRUE(file->commit().ok());
  }
};

TEST_F(RefusedSession, ThatHasRightSumsAndWrongContents) {
  const std::string path = saved_by(*engine_);
  const Sections whole(path);
  const auto expect = [&](const std::function<void(Sections&)>& change, std::string_view part) {
    Sections changed = whole;
    change(changed);
    changed.write(path);
    expect_refused(path, StatusCode::kCorruptData, part);
  };
  expect([](Sections& s) { s.bytes[2][3] = '\x7f'; }, "tokens: expected ids 0…");
  expect([](Sections& s) { s.bytes[2][3] = '\xff'; }, "tokens: expected ids 0…");
  expect([](Sections& s) { s.sizes.n_blocks = 2, s.sizes.kv_bytes -= s.bytes.back().size(), s.bytes.pop_back(); },
         "header: expected 3 blocks of ");
  expect([](Sections& s) { s.sizes.row_bytes = 4; }, "and rows of 4");
  Sections other = whole;
  other.bytes[0] += "more: of it\n";
  other.sizes.origin_bytes += 12;
  other.write(path);
  expect_refused(path, StatusCode::kFailedPrecondition, "saved with , found more: of it");
}

TEST(SavedSession, ImagesWithWrongContentsAreRefused) {
  const TempFolder folder;
  const std::string path = folder.path("saved");
  const auto engine = open_seeing("glm4v", kUsual);
  Talk talk = talk_with_images(*engine, "glm4v");
  const auto session = session_of(*engine);
  talk.begin(*session, path);
  const Sections whole(path);
  const auto message_after = [&](const std::function<void(Sections&)>& change) {
    Sections changed = whole;
    change(changed);
    changed.write(path);
    const Status status = session->restore(path).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruptData);
    return std::string(status.message());
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message_after([&](Sections& s) { std::memcpy(s.bytes[4].data(), &nan, sizeof(nan)); }),
            "saved: rows of image 1: expected finite numbers, found others");
  EXPECT_NE(message_after([](Sections& s) { s.bytes[3][3] = '\x70'; }).find("images: expected"), std::string::npos);
  EXPECT_NE(message_after([](Sections& s) { s.bytes[3][7] = '\x70'; }).find("images: expected"), std::string::npos);

  // The other tower, and none.
  whole.write(path);
  EngineOptions options = kUsual;
  options.mmproj_path = data_path("vision/glm4v-q8_0-mmproj.gguf");
  for (const std::string& tower : {options.mmproj_path, std::string()}) {
    options.mmproj_path = tower;
    const auto other = std::move(Engine::open(data_path("vision/glm4v.gguf"), options)).value();
    const Status status = session_of(*other)->restore(path).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("vision tower: "), std::string_view::npos) << status.to_string();
  }
}

// A text without images is not of the tower.
TEST(SavedSession, TheModelMayBeACopyThatComesPackedAndTheTowerMissing) {
  const TempFolder folder;
  const std::string copy = folder.path("copy.gguf");
  std::filesystem::copy_file(data_path("vision/glm4v.gguf"), copy);
  const auto engine = open_seeing("glm4v", kUsual);
  const auto session = session_of(*engine);
  ASSERT_TRUE(session->append(some_tokens(100)).ok());
  ASSERT_TRUE(session->save(folder.path("saved"), "").ok());
  EngineOptions options = kUsual;
  options.use_cache = true;
  options.cache_min_bytes = 0;
  options.cache_folder = folder.path("cache");
  for (const bool packed : {false, true}) {
    const auto other = std::move(Engine::open(copy, options)).value();
    EXPECT_EQ(other->info().came_packed, packed);
    const auto note = session_of(*other)->restore(folder.path("saved"));
    EXPECT_TRUE(note.ok()) << note.status().to_string();
    EXPECT_TRUE(other->wait_until_stored(nullptr).ok());
  }
}

TEST(SavedSession, WhatCannotBeSavedLeavesTheOldFile) {
  const TempFolder folder;
  const std::string path = folder.path("saved");
  const auto engine = std::static_pointer_cast<EngineImpl>(open_tiny(kUsual));
  const auto session = session_of(*engine);
  ASSERT_TRUE(session->append(some_tokens(kPromptLength)).ok());
  ASSERT_TRUE(session->save(path, kNote).ok());
  const std::string before = contents(path);
  ASSERT_TRUE(session->append(some_tokens(5)).ok());

  const std::string too_long(Session::kMaxNoteBytes + 1, ' ');
  EXPECT_EQ(session->save(path, too_long).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->save(folder.folder(), kNote).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->save("", kNote).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->save(folder.path("missing/saved"), kNote).code(), StatusCode::kNotFound);
  EXPECT_EQ(session->save(folder.write("notes.txt", "shopping"), kNote).code(), StatusCode::kInvalidArgument);
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_EQ(session->save("/dev/full", kNote).code(), StatusCode::kInvalidArgument);
  }

  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  rlimit small = unlimited;
  small.rlim_cur = before.size() / 2;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = session->save(path, kNote);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  EXPECT_EQ(full.code(), StatusCode::kIoError) << full.to_string();

  BatchScheduler::Client turns(engine->scheduler());
  CachedText text(turns, engine->model(), engine->info().n_ctx);
  const std::atomic<bool> never = false, at_once = true;
  ASSERT_TRUE(restore_text(*engine, {path, nullptr}, text, never).ok());
  EXPECT_EQ(save_text(*engine, text, {path, ""}, at_once).code(), StatusCode::kCancelled);
  EXPECT_EQ(restore_text(*engine, {path, nullptr}, text, at_once).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(text.n_tokens(), kPromptLength);
  EXPECT_TRUE(contents(path) == before);
}

TEST(SavedSession, IsACallLikeTheOthers) {
  const TempFolder folder;
  const auto engine = open_tiny(kUsual);
  const auto session = session_of(*engine);
  const auto within = [&](std::string_view) {
    EXPECT_EQ(session->save(folder.path("saved"), "").code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(session->restore(folder.path("saved")).status().code(), StatusCode::kFailedPrecondition);
    return true;
  };
  EXPECT_TRUE(session->generate(some_tokens(20), greedy(5), within).ok());
}

// Sums are no signature: keys and values may be any bytes, which make another answer, or an error, and no more.
TEST(SavedSession, AnyKeysAndValuesAreWithstood) {
  const TempFolder folder;
  const std::string path = folder.path("saved");
  for (const kernels::KernelTable* const table : kernels::runnable_kernels()) {
    for (const KvCacheType kv_type : {KvCacheType::kF16, KvCacheType::kQ8_0, KvCacheType::kF32}) {
      EngineOptions options = options_for(Precision::kFast, kv_type);
      options.isa = table->isa;
      const auto engine = Engine::open(data_path("models/llama-k-types.gguf"), options);
      ASSERT_TRUE(engine.ok()) << engine.status().to_string();
      const auto session = session_of(**engine);
      ASSERT_TRUE(session->append(some_tokens(kPromptLength)).ok());
      ASSERT_TRUE(session->save(path, "").ok());
      Sections sections(path);
      std::uint32_t random = 1;
      for (std::size_t i = 4; i < sections.bytes.size(); ++i) {
        for (char& byte : sections.bytes[i]) byte = static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
      }
      sections.write(path);
      ASSERT_TRUE(session->restore(path).ok());
      const auto result = session->generate(some_tokens(kPromptLength + 20), greedy(20), nullptr);
      EXPECT_TRUE(result.ok() || result.status().code() == StatusCode::kCorruptData) << result.status().to_string();
      ASSERT_TRUE(session->truncate(0).ok());
      EXPECT_TRUE(session->generate(some_tokens(kPromptLength), greedy(20), nullptr).ok()) << "blocks are used again";
    }
  }
}

// The old text and the new one at once are more than the session was promised.
TEST(SavedSession, CountsItsMemory) {
  const TempFolder folder;
  const std::string path = folder.path("saved");
  EngineOptions options = kUsual;
  options.precision = Precision::kExact;
  options.n_ctx = 4096;
  {
    const auto session = session_of(*open_tiny(options));
    ASSERT_TRUE(session->append(some_tokens(4000)).ok());
    ASSERT_TRUE(session->save(path, "").ok());
  }
  options.memory_limit_bytes = 1;
  const std::string text = Engine::open(kTinyModel, options).status().to_string();
  options.memory_limit_bytes = std::strtoull(text.c_str() + text.find("make ") + 5, nullptr, 10) + 1'000'000;
  const auto session = session_of(*open_tiny(options));
  ASSERT_TRUE(session->restore(path).ok()) << "a new session has room for it";
  const Status status = session->restore(path).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.to_string();
  EXPECT_EQ(session->n_tokens(), 4000);
  ASSERT_TRUE(session->truncate(100).ok());
  EXPECT_TRUE(session->restore(path).ok());
}

// The old text's blocks go back, as far as a session is not promised as many.
TEST(SavedSession, LeavesNoMoreThanASessionIsPromised) {
  const TempFolder folder;
  EngineOptions options = kUsual;
  options.precision = Precision::kExact;
  options.n_ctx = 4096;
  const auto engine = std::static_pointer_cast<EngineImpl>(open_tiny(options));
  const auto session = session_of(*engine);
  ASSERT_TRUE(session->append(some_tokens(4000)).ok());
  ASSERT_TRUE(session->save(folder.path("saved"), "").ok());
  ASSERT_TRUE(session->restore(folder.path("saved")).ok());
  EXPECT_LE(engine->model().kv_pool->bytes_touched(), engine->model().cache_bytes);
  EXPECT_EQ(session->n_tokens(), 4000);
}

}  // namespace
}  // namespace tenfold
