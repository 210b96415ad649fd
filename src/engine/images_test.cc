// Images through the whole engine: the tiny models of tools/make_vision_goldens.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/cat.h"
#include "engine/requests_testing.h"
#include "image/png_testing.h"
#include "model/golden_testing.h"
#include "model/vision/image_testing.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/temp_folder_testing.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

EngineOptions seeing_options(const std::string& name, Precision precision = Precision::kExact) {
  EngineOptions options;
  options.mmproj_path = data_path("vision/" + name + "-mmproj.gguf");
  options.precision = precision;
  options.n_threads = 2;
  options.use_cache = false;
  return options;
}

std::shared_ptr<Engine> open_seeing(const std::string& name, EngineOptions options) {
  auto engine = Engine::open(data_path("vision/" + name + ".gguf"), options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return engine.ok() ? *engine : nullptr;
}

ImageRef encode(Engine& engine, int width, int height, const ImageOptions& options = {}) {
  auto image = engine.encode_image(make_png(test_image(width, height)), options);
  EXPECT_TRUE(image.ok()) << image.status().to_string();
  return image.ok() ? *image : nullptr;
}

struct SeeingPrompt {
  std::vector<TokenId> tokens;  // with a placeholder for each image
  std::vector<ImageRef> images;
};

SeeingPrompt golden_prompt(Engine& engine, const std::string& name) {
  const Json golden = read_json(data_path("vision/" + name + ".json"));
  SeeingPrompt prompt{golden["prompt"].get<std::vector<TokenId>>(), {}};
  for (const auto& size : golden["pictures"]) {
    prompt.images.push_back(encode(engine, size[0].get<int>(), size[1].get<int>()));
  }
  return prompt;
}

GenerateResult answer(Session& session, const SeeingPrompt& prompt, int n, bool speculate = true) {
  GenerateOptions options = greedy(n);
  options.speculate = speculate;
  auto result = session.generate(prompt.tokens, prompt.images, options, nullptr);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? std::move(result).value() : GenerateResult{};
}

std::unique_ptr<Session> session_of(Engine& engine) { return std::move(engine.create_session()).value(); }

// Its smallest image is as small as those of the golden prompt, which so go through unchanged.
TEST(EngineImagesTest, TheFirstTokenIsTransformersOwn) {
  const auto engine = open_seeing("qwen2.5vl", seeing_options("qwen2.5vl"));
  const SeeingPrompt prompt = golden_prompt(*engine, "qwen2.5vl");
  EXPECT_EQ(prompt.images[0]->rows, 4);
  EXPECT_EQ(prompt.images[0]->columns, 2);
  const std::vector<float> logits = read_npy(data_path("vision/qwen2.5vl-logits.npy"));
  const auto last = logits.end() - engine->info().vocab_size;
  const auto expected = static_cast<TokenId>(std::max_element(last, logits.end()) - last);
  const auto session = session_of(*engine);
  const GenerateResult result = answer(*session, prompt, 1);
  EXPECT_EQ(result.tokens, std::vector<TokenId>{expected});
  EXPECT_EQ(result.prompt_tokens.size(), prompt.tokens.size() - 3 + 8 + 6 + 21);
}

// Tensors that are packed as they lie in the file, and those that are laid out anew.
TEST(EngineImagesTest, ATowerWhoseWeightsAreNotFiniteIsNamed) {
  const std::string whole = data_path("vision/glm4v-mmproj.gguf");
  for (const char* name : {"v.blk.0.attn_out.weight", "v.patch_embd.weight", "v.patch_embd.weight.1"}) {
    const TempFolder folder;
    EngineOptions options = seeing_options("glm4v");
    options.mmproj_path = folder.path("mmproj.gguf");
    std::filesystem::copy_file(whole, options.mmproj_path);
    const auto file = std::move(GgufFile::open(whole)).value();
    const GgufTensor* tensor = file->find_tensor(name);
    ASSERT_NE(tensor, nullptr) << name;
    std::fstream(options.mmproj_path, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(static_cast<std::streamoff>(tensor->offset))
        .write("\xff\xff\xff\xff", 4);
    const auto engine = open_seeing("glm4v", options);
    const Status status = engine->encode_image(make_png(test_image(56, 56)), {}).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruptData);
    EXPECT_NE(status.message().find(cat("tensor ", name, ": row 0: expected finite")), std::string_view::npos)
        << status.to_string();
  }
}

TEST(EngineImagesTest, TheSameAnswerWhateverTheChunksThreadsAndDrafts) {
  constexpr int kLength = 140;  // long enough to repeat itself
  int n_drafted = 0;
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    for (const Precision precision : {Precision::kExact, Precision::kFast}) {
      EngineOptions options = seeing_options(name, precision);
      const auto engine = open_seeing(name, options);
      const SeeingPrompt prompt = golden_prompt(*engine, name);
      const GenerateResult expected = answer(*session_of(*engine), prompt, kLength, /*speculate=*/false);
      EXPECT_EQ(expected.tokens.size(), std::size_t{kLength});
      const GenerateResult drafted = answer(*session_of(*engine), prompt, kLength);
      EXPECT_EQ(drafted.tokens, expected.tokens);
      n_drafted += drafted.n_drafted;
      options.prefill_chunk = 7;
      options.n_threads = 1;
      const auto other = open_seeing(name, options);
      EXPECT_EQ(answer(*session_of(*other), golden_prompt(*other, name), kLength).tokens, expected.tokens);
    }
  }
  EXPECT_GT(n_drafted, 0) << "a test of drafts needs some";
}

// Where the last image begins.
int last_image(const GenerateResult& result) {
  const TokenId placeholder = read_json(data_path("vision/glm4v.json"))["placeholder"].get<TokenId>();
  const auto last = std::find(result.prompt_tokens.rbegin(), result.prompt_tokens.rend(), placeholder);
  const auto before = std::find_if(last, result.prompt_tokens.rend(), [&](TokenId t) { return t != placeholder; });
  return static_cast<int>(result.prompt_tokens.rend() - before);
}

TEST(EngineImagesTest, APrefixIsReusedOnlyWithTheSameImages) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const SeeingPrompt prompt = golden_prompt(*engine, "glm4v");
  const auto session = session_of(*engine);
  const GenerateResult first = answer(*session, prompt, 20);
  EXPECT_EQ(first.n_reused, 0);
  const int n_prompt = static_cast<int>(first.prompt_tokens.size());

  // The same again, and the conversation going on.
  EXPECT_EQ(answer(*session, prompt, 20).n_reused, n_prompt - 1);
  SeeingPrompt longer = prompt;
  longer.tokens.insert(longer.tokens.end(), first.tokens.begin(), first.tokens.begin() + 10);
  longer.tokens.push_back(100);
  const GenerateResult continued = answer(*session, longer, 20);
  EXPECT_EQ(continued.n_reused, n_prompt + 10);
  EXPECT_EQ(continued.tokens, answer(*session_of(*engine), longer, 20).tokens);

  // Another image of the same size in the last place: what is before it stays.
  RgbImage changed = test_image(84, 196);
  changed.pixels[0] ^= 0xFF;
  SeeingPrompt other = prompt;
  other.images.back() = std::move(engine->encode_image(make_png(changed), {})).value();
  const GenerateResult result = answer(*session, other, 20);
  EXPECT_EQ(result.n_reused, last_image(first));
  EXPECT_EQ(result.tokens, answer(*session_of(*engine), other, 20).tokens);

  // And the first again, after the other.
  EXPECT_EQ(answer(*session, prompt, 20).tokens, first.tokens);
}

TEST(EngineImagesTest, TextAfterATruncationStandsWhereItWould) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const SeeingPrompt prompt = golden_prompt(*engine, "glm4v");
  const auto session = session_of(*engine);
  const GenerateResult first = answer(*session, prompt, 5);
  // Within the last image: it goes as a whole.
  ASSERT_TRUE(session->truncate(last_image(first) + 3).ok());
  EXPECT_EQ(session->n_tokens(), last_image(first));
  EXPECT_EQ(answer(*session, prompt, 5).tokens, first.tokens);
  ASSERT_TRUE(session->truncate(0).ok());
  const std::vector<TokenId> text = some_tokens(30);
  const auto alone = session->generate(text, greedy(10), nullptr);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->tokens, std::move(session_of(*engine)->generate(text, greedy(10), nullptr)).value().tokens);
}

TEST(EngineImagesTest, AKnownImageIsNotEncodedAgain) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  ImageRef first = encode(*engine, 140, 196);
  EXPECT_GT(first->timings.encode_s, 0);
  const ImageRef again = encode(*engine, 140, 196);
  EXPECT_EQ(again->timings.encode_s, 0);
  EXPECT_EQ(again->values, first->values);
  const ImageRef smaller = encode(*engine, 140, 196, {.max_pixels = 28 * 28 * 16, .on_progress = {}});
  EXPECT_LE(smaller->n_tokens(), 16);
  EXPECT_NE(smaller->content_hash, first->content_hash);
}

TEST(EngineImagesTest, EncodingIsCancelled) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const auto png = make_png(test_image(140, 196));
  std::atomic<bool> cancel = true;
  ImageOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(engine->encode_image(png, options).status().code(), StatusCode::kCancelled);
  cancel = false;
  options.on_progress = [](double) { return false; };
  EXPECT_EQ(engine->encode_image(png, options).status().code(), StatusCode::kCancelled);
  EXPECT_TRUE(engine->encode_image(png, {}).ok());
}

TEST(EngineImagesTest, ATowerThatChangedSinceItWasOpenedIsRefused) {
  const TempFolder folder;
  EngineOptions options = seeing_options("glm4v");
  const std::string tower = folder.path("tower.gguf");
  std::filesystem::copy_file(options.mmproj_path, tower);
  set_time_of_writing(tower, 1'000'000'000);
  options.mmproj_path = tower;
  const auto engine = open_seeing("glm4v", options);
  std::fstream(tower, std::ios::binary | std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  const auto png = make_png(test_image(56, 56));
  for (int i = 0; i < 2; ++i) {
    const Status status = engine->encode_image(png, {}).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.to_string();
    EXPECT_NE(status.message().find("tower.gguf"), std::string_view::npos) << status.to_string();
  }
  EXPECT_TRUE(open_seeing("glm4v", options)->encode_image(png, {}).ok());
}

TEST(EngineImagesTest, ACallbackMayAskForAllButWhatWouldWaitForIt) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const auto other = open_seeing("glm4v", seeing_options("glm4v"));
  const auto session = session_of(*engine);
  const auto png = make_png(test_image(140, 196));
  int n_calls = 0;
  const auto ask_for_all = [&](StatusCode expected) {
    if (n_calls++ > 0) return true;
    EXPECT_EQ(engine->encode_image(png, {}).status().code(), expected);
    EXPECT_TRUE(other->encode_image(png, {}).ok());
    EXPECT_TRUE(engine->embed(std::span<const TokenId>(some_tokens(5)), {}).ok());
    EXPECT_TRUE(session_of(*engine)->generate(some_tokens(5), greedy(2), nullptr).ok());
    EXPECT_TRUE(engine->wait_until_stored(nullptr).ok());
    return true;
  };
  ImageOptions options;
  options.on_progress = [&](double) { return ask_for_all(StatusCode::kFailedPrecondition); };
  EXPECT_TRUE(engine->encode_image(png, options).ok());
  EXPECT_GT(n_calls, 0);
  n_calls = 0;
  const auto answer =
      session->generate(some_tokens(5), greedy(5), [&](std::string_view) { return ask_for_all(StatusCode::kOk); });
  EXPECT_TRUE(answer.ok());
  EXPECT_GT(n_calls, 0);
}

// What is in the file beside its pixels: in the image's form, and whether there are more of them.
TEST(EngineImagesTest, AnAnimationIsSeenByItsFirstImage) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const RgbImage image = test_image(56, 112);
  const std::vector<std::byte> two_frames = {{}, {}, {}, std::byte{2}, {}, {}, {}, {}};
  const auto animation = TestPng().header(56, 112).chunk("acTL", two_frames).data(image).chunk("IEND", {}).bytes();
  const auto still = engine->encode_image(make_png(image), {});
  const auto first = engine->encode_image(animation, {});
  ASSERT_TRUE(still.ok() && first.ok()) << first.status().to_string();
  EXPECT_FALSE((*still)->is_animation);
  EXPECT_TRUE((*first)->is_animation);
  EXPECT_EQ((*first)->values, (*still)->values) << "the same image, which is known";
}

// Sessions take steps between the layers of other threads' images.
TEST(EngineImagesTest, ImagesAndAnswersOnSeveralThreads) {
  const auto engine = open_seeing("qwen2.5vl", seeing_options("qwen2.5vl"));
  const SeeingPrompt prompt = golden_prompt(*engine, "qwen2.5vl");
  const GenerateResult expected = answer(*session_of(*engine), prompt, 10);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      encode(*engine, 56 + 28 * i, 84);
      EXPECT_EQ(answer(*session_of(*engine), prompt, 10).tokens, expected.tokens);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void expect_error(const Status& status, StatusCode code, std::string_view text) {
  EXPECT_EQ(status.code(), code) << status.to_string();
  EXPECT_NE(status.message().find(text), std::string_view::npos) << status.to_string();
}

TEST(EngineImagesTest, ModelsThatDoNotSeeSaySo) {
  EngineOptions options = seeing_options("glm4v");
  expect_error(Engine::open(data_path("models/llama-f32.gguf"), options).status(), StatusCode::kUnsupported,
               "convert it again");
  options.mmproj_path = data_path("models/llama-f32.gguf");
  expect_error(Engine::open(data_path("vision/glm4v.gguf"), options).status(), StatusCode::kUnsupported, "mmproj");
  options.mmproj_path = data_path("vision/nothing.gguf");
  expect_error(Engine::open(data_path("vision/glm4v.gguf"), options).status(), StatusCode::kNotFound, "nothing.gguf");

  options.mmproj_path.clear();
  const auto blind = open_seeing("glm4v", options);
  expect_error(blind->encode_image(make_png(test_image(56, 56)), {}).status(), StatusCode::kFailedPrecondition,
               "vision tower");
  const auto seeing = open_seeing("glm4v", seeing_options("glm4v"));
  const SeeingPrompt prompt = golden_prompt(*seeing, "glm4v");
  expect_error(session_of(*blind)->generate(prompt.tokens, prompt.images, greedy(1), nullptr).status(),
               StatusCode::kFailedPrecondition, "vision tower");
  EXPECT_EQ(blind->info().image_text, "");
  EXPECT_EQ(seeing->info().image_text, "<|begin_of_image|><|image|><|end_of_image|>");
}

TEST(EngineImagesTest, ImagesMustBeAsManyAsPlaceholders) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  SeeingPrompt prompt = golden_prompt(*engine, "glm4v");
  const auto session = session_of(*engine);
  const auto status = [&] { return session->generate(prompt.tokens, prompt.images, greedy(1), nullptr).status(); };
  prompt.images.pop_back();
  expect_error(status(), StatusCode::kInvalidArgument, "3 placeholders, found 2");
  prompt.images.emplace_back();
  expect_error(status(), StatusCode::kInvalidArgument, "null");
  auto foreign = std::make_shared<EncodedImage>();
  foreign->rows = foreign->columns = 2;
  prompt.images.back() = foreign;
  expect_error(status(), StatusCode::kInvalidArgument, "another model");
  EXPECT_EQ(session->n_tokens(), 0);
}

TEST(EngineImagesTest, WhatDoesNotFitIsRefusedBeforeTheTowerWorks) {
  EngineOptions options = seeing_options("glm4v");
  options.n_ctx = 30;
  const auto engine = open_seeing("glm4v", options);
  expect_error(engine->encode_image(make_png(test_image(140, 196)), {}).status(), StatusCode::kInvalidArgument,
               "found 35");
  EXPECT_TRUE(engine->encode_image(make_png(test_image(112, 196)), {}).ok());
}

TEST(EngineImagesTest, MemoryOfTheTowerCounts) {
  EngineOptions options = seeing_options("glm4v");
  options.memory_limit_bytes = 1 << 20;
  expect_error(Engine::open(data_path("vision/glm4v.gguf"), options).status(), StatusCode::kResourceExhausted,
               "memory");
  EngineOptions blind = options;
  blind.mmproj_path.clear();
  blind.n_ctx = options.n_ctx = 64;
  blind.prefill_chunk = options.prefill_chunk = 16;
  const auto text_alone = Engine::open(data_path("vision/glm4v.gguf"), blind);
  EXPECT_TRUE(text_alone.ok()) << text_alone.status().to_string();
  EXPECT_FALSE(Engine::open(data_path("vision/glm4v.gguf"), options).ok());
}

TEST(EngineImagesTest, AnImageThatNeedsTooMuchMemoryIsRefusedAsOne) {
  EngineOptions options = seeing_options("glm4v");
  options.memory_limit_bytes = 64 << 20;
  options.n_ctx = 64;
  options.prefill_chunk = 16;
  const auto engine = open_seeing("glm4v", options);
  ASSERT_NE(engine, nullptr);
  // Interlaced, so that it is decoded as a whole: 4 bytes for each of its pixels.
  std::vector<std::byte> header(13);
  header[2] = header[6] = std::byte{0x20};  // 8192 by 8192
  header[8] = std::byte{8};
  header[9] = std::byte{6};
  header[12] = std::byte{1};
  const auto file = TestPng().chunk("IHDR", header).chunk("IDAT", {}).chunk("IEND", {}).bytes();
  ImageOptions small;
  small.max_pixels = 16 * 28 * 28;
  expect_error(engine->encode_image(file, small).status(), StatusCode::kResourceExhausted, "use a smaller image");
  EXPECT_TRUE(engine->encode_image(make_png(test_image(56, 56)), {}).ok());
}

TEST(EngineImagesTest, TheTemplateWritesAPlaceholderForEachImage) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  ChatOptions options;
  options.messages_json =
      R"([{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}])";
  const auto rendered = engine->render_chat({}, options);
  ASSERT_TRUE(rendered.ok()) << rendered.status().to_string();
  EXPECT_NE(rendered->text.find("<|begin_of_image|><|image|><|end_of_image|>What is it?"), std::string::npos)
      << rendered->text;
  const auto tokens = engine->tokenize(*rendered, nullptr);
  ASSERT_TRUE(tokens.ok());
  const SeeingPrompt prompt{*tokens, {encode(*engine, 56, 112)}};
  EXPECT_EQ(answer(*session_of(*engine), prompt, 3).tokens.size(), 3U);

  const std::vector<Message> messages = {{"user", "What is it?", prompt.images}};
  const auto from_messages = engine->render_chat(messages, {});
  ASSERT_TRUE(from_messages.ok());
  EXPECT_EQ(*from_messages, *rendered);
  EXPECT_EQ(images_of(messages), prompt.images);
}

TEST(EngineImagesTest, APlaceholderThatTheUserWroteIsText) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const ImageRef image = encode(*engine, 56, 112);
  for (
      const char* messages :
      {R"([{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "what does <|image|> mean?"}]}])",
       R"([{"role": "user", "content": [{"type": "text", "text": "what does <|image|> mean?"}, {"type": "image_url"}]}])",
       R"([{"role": "user", "content": "what does <|image|> mean?"}, {"role": "assistant", "content": "<|image|>"},
            {"role": "user", "content": [{"type": "input_image"}, {"type": "input_text", "text": "and this?"}]}])"}) {
    ChatOptions options;
    options.messages_json = messages;
    const auto rendered = engine->render_chat({}, options);
    ASSERT_TRUE(rendered.ok()) << rendered.status().to_string();
    const SeeingPrompt prompt{*engine->tokenize(*rendered, nullptr), {image}};
    EXPECT_EQ(answer(*session_of(*engine), prompt, 3).tokens.size(), 3U) << messages;
  }
}

TEST(EngineImagesTest, TextAndImagesKeepTheirOrder) {
  const auto engine = open_seeing("glm4v", seeing_options("glm4v"));
  const std::string image(engine->info().image_text);
  for (const std::string type : {"image", "image_url", "input_image"}) {
    ChatOptions options;
    options.messages_json = R"([{"role": "user", "content": [{"type": "text", "text": "first "}, {"type": ")" + type +
                            R"("}, {"type": "text", "text": " second "}, {"type": ")" + type + R"("}]}])";
    const auto rendered = engine->render_chat({}, options);
    ASSERT_TRUE(rendered.ok()) << rendered.status().to_string();
    EXPECT_NE(rendered->text.find("first " + image + " second " + image), std::string::npos) << rendered->text;
  }
}

}  // namespace
}  // namespace tenfold
