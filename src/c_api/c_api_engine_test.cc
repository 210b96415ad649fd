#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "c_api/owned_handles_testing.h"

namespace {

Owned<tf_engine_options> engine_options() { return made<tf_engine_options>(tf_engine_options_create); }

TEST(CApiVersion, IsThere) {
  EXPECT_STRNE(tf_version(), "");
  EXPECT_EQ(tf_abi_version(), TF_ABI_VERSION);
}

TEST(CApiEngine, SaysWhatItIs) {
  const auto engine = open_engine(kTinyLlama);
  const tf_model_info* info = tf_engine_info(engine.get());
  EXPECT_EQ(tf_model_info_path(info), kTinyLlama);
  EXPECT_STREQ(tf_model_info_architecture(info), "llama");
  EXPECT_STREQ(tf_model_info_quantization(info), "q4_0");
  EXPECT_STRNE(tf_model_info_isa(info), "");
  EXPECT_NE(tf_model_info_name(info), nullptr);
  size_t n_bytes = 0;
  EXPECT_EQ(std::string(tf_model_info_chat_template(info, &n_bytes)).size(), n_bytes);
  EXPECT_GT(n_bytes, 0u);
  EXPECT_EQ(tf_model_info_file_bytes(info), std::filesystem::file_size(kTinyLlama));
  for (const uint64_t n : {tf_model_info_n_params(info), tf_model_info_weight_bytes(info),
                           tf_model_info_decode_bytes(info), tf_model_info_max_text_bytes(info)}) {
    EXPECT_GT(n, 0u);
  }
  EXPECT_EQ(tf_model_info_model_dim(info), tf_model_info_vector_dim(info));
  EXPECT_EQ(tf_model_info_head_dim(info) * tf_model_info_n_heads(info), tf_model_info_model_dim(info));
  for (const int32_t n :
       {tf_model_info_n_layers(info), tf_model_info_n_kv_heads(info), tf_model_info_ffn_dim(info),
        tf_model_info_vocab_size(info), tf_model_info_n_ctx_train(info), tf_model_info_n_threads(info)}) {
    EXPECT_GT(n, 0);
  }
  EXPECT_LE(tf_model_info_n_ctx(info), 8192);
  EXPECT_GT(tf_model_info_load_s(info), 0);
  EXPECT_EQ(tf_model_info_came_packed(info), 0);
  EXPECT_EQ(tf_model_info_can_answer(info), 1);
  EXPECT_EQ(tf_model_info_can_chat(info), 1);
  EXPECT_EQ(tf_model_info_can_see(info), 0);
  EXPECT_STREQ(tf_model_info_image_text(info), "");
  EXPECT_EQ(tf_model_info_pooling(info), TF_POOLING_LAST);
  EXPECT_EQ(tf_model_info_max_text_tokens(info), 0);
  EXPECT_EQ(tf_model_info_n_prompts(info), 0);
  EXPECT_STREQ(tf_model_info_prompt_name(info, 0), "");
  EXPECT_STREQ(tf_model_info_default_prompt(info), "");
  EXPECT_STREQ(tf_model_info_warning(info, tf_model_info_n_warnings(info)), "");
  EXPECT_STREQ(tf_model_info_warning(info, -1), "");
  EXPECT_EQ(tf_model_info_can_answer(tf_engine_info(open_engine(test_data("models/bert-f32.gguf")).get())), 0);
}

TEST(CApiEngine, OpensAModelWithinAnOpenFile) {
  const int fd = ::open(kTinyLlama.c_str(), O_RDONLY);
  const uint64_t size = std::filesystem::file_size(kTinyLlama);
  const auto engine =
      made<tf_engine>([&](auto** to, auto** error) { return tf_engine_open_fd(fd, 0, size, nullptr, to, error); });
  tf_engine* none = engine.get();
  expect_failure(TF_INVALID_ARGUMENT, "expected a part within the file's",
                 [&](auto** error) { return tf_engine_open_fd(fd, 1, size, nullptr, &none, error); });
  EXPECT_EQ(none, nullptr);
  ::close(fd);
  expect_failure(TF_INVALID_ARGUMENT, "descriptor",
                 [&](auto** error) { return tf_engine_open_fd(-1, 0, size, nullptr, &none, error); });
  const auto options = greedy_options(8);
  EXPECT_EQ(text_of(generate(open_session(engine.get()).get(), "the river", options.get()).get()),
            text_of(generate(open_session(open_engine(kTinyLlama).get()).get(), "the river", options.get()).get()));
}

TEST(CApiEngine, TellsProgressAndWarnings) {
  const auto options = engine_options();
  double progress = 0;
  std::vector<std::string> warnings;
  const auto note = [](double fraction, void* to) -> int32_t {
    *static_cast<double*>(to) = fraction;
    return 1;
  };
  const auto warn = [](const char* message, void* to) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(message);
  };
  EXPECT_EQ(tf_engine_options_set_on_progress(options.get(), note, &progress), TF_OK);
  EXPECT_EQ(tf_engine_options_set_on_warning(options.get(), warn, &warnings), TF_OK);
  EXPECT_EQ(tf_engine_options_set_n_ctx(options.get(), 100'000), TF_OK);
  const auto engine = open_engine(kTinyLlama, options.get());
  EXPECT_EQ(progress, 1);
  const tf_model_info* info = tf_engine_info(engine.get());
  ASSERT_EQ(warnings.size(), static_cast<std::size_t>(tf_model_info_n_warnings(info)));
  ASSERT_GE(warnings.size(), 1u);
  EXPECT_EQ(tf_model_info_warning(info, 0), warnings[0]);
  EXPECT_EQ(tf_engine_wait_until_stored(engine.get(), nullptr, nullptr, nullptr), TF_OK);

  tf_engine* none = nullptr;
  EXPECT_EQ(
      tf_engine_options_set_on_progress(options.get(), [](double, void*) -> int32_t { return 0; }, nullptr), TF_OK);
  expect_failure(TF_CANCELLED, "",
                 [&](auto** error) { return tf_engine_open(kTinyLlama.c_str(), options.get(), &none, error); });
}

// The first failure of a setter is returned at once and again by the call that takes the options.
template <typename Set>
void expect_refused_at_open(tf_status code, const std::string& words, Set&& set) {
  const auto options = engine_options();
  set(options.get());
  tf_engine* none = reinterpret_cast<tf_engine*>(1);
  expect_failure(code, words,
                 [&](auto** error) { return tf_engine_open(kTinyLlama.c_str(), options.get(), &none, error); });
  EXPECT_EQ(none, nullptr) << "what could not be made is NULL";
}

TEST(CApiEngine, RefusesHostileOptions) {
  expect_refused_at_open(TF_INVALID_ARGUMENT, "n_threads: expected 0…", [](auto* o) {
    EXPECT_EQ(tf_engine_options_set_n_threads(o, 1'000'000'000), TF_OK) << "numbers are looked at later";
  });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "n_ctx", [](auto* o) { tf_engine_options_set_n_ctx(o, -1); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "n_ctx", [](auto* o) { tf_engine_options_set_n_ctx(o, INT32_MAX); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "max_sessions",
                         [](auto* o) { tf_engine_options_set_max_sessions(o, 0); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "prefill_chunk",
                         [](auto* o) { tf_engine_options_set_prefill_chunk(o, 0); });
  expect_refused_at_open(TF_RESOURCE_EXHAUSTED, "", [](auto* o) { tf_engine_options_set_memory_limit(o, 1); });
  expect_refused_at_open(TF_NOT_FOUND, "draft", [](auto* o) { tf_engine_options_set_draft(o, "/no/such/draft.gguf"); });
  expect_refused_at_open(TF_NOT_FOUND, "", [](auto* o) { tf_engine_options_set_mmproj(o, "/no/such/tower.gguf"); });
  for (const int32_t wrong : {-1, 2, INT32_MAX, INT32_MIN}) {
    expect_refused_at_open(TF_INVALID_ARGUMENT, "precision: expected 0…1, found " + std::to_string(wrong),
                           [&](auto* o) {
                             EXPECT_EQ(tf_engine_options_set_precision(o, wrong), TF_INVALID_ARGUMENT);
                             EXPECT_EQ(tf_engine_options_set_kv_type(o, 99), TF_INVALID_ARGUMENT) << "the first stays";
                             EXPECT_EQ(tf_engine_options_set_precision(o, TF_PRECISION_EXACT), TF_OK);
                           });
  }
  expect_refused_at_open(TF_INVALID_ARGUMENT, "kv_type: expected 0…2, found 3",
                         [](auto* o) { EXPECT_EQ(tf_engine_options_set_kv_type(o, 3), TF_INVALID_ARGUMENT); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "cache: expected 0…1, found 2",
                         [](auto* o) { EXPECT_EQ(tf_engine_options_set_cache(o, 2), TF_INVALID_ARGUMENT); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "isa: expected a value, found NULL",
                         [](auto* o) { EXPECT_EQ(tf_engine_options_set_isa(o, nullptr), TF_INVALID_ARGUMENT); });
  expect_refused_at_open(TF_INVALID_ARGUMENT, "cache_folder: expected a value, found NULL",
                         [](auto* o) { tf_engine_options_set_cache_folder(o, nullptr); });
  tf_engine* none = nullptr;
  EXPECT_EQ(tf_engine_open("/no/such/file.gguf", nullptr, &none, nullptr), TF_NOT_FOUND);
}

TEST(CApiEngine, TakesEveryOption) {
  const auto options = engine_options();
  tf_engine_options* o = options.get();
  for (const tf_status status :
       {tf_engine_options_set_n_threads(o, 2), tf_engine_options_set_n_ctx(o, 512),
        tf_engine_options_set_max_sessions(o, 1), tf_engine_options_set_memory_limit(o, uint64_t{1} << 30),
        tf_engine_options_set_precision(o, TF_PRECISION_FAST), tf_engine_options_set_kv_type(o, TF_KV_F16),
        tf_engine_options_set_prefill_chunk(o, 64), tf_engine_options_set_isa(o, "scalar"),
        tf_engine_options_set_cache(o, 0), tf_engine_options_set_cache_folder(o, "/tmp"),
        tf_engine_options_set_cache_limit(o, 1 << 20), tf_engine_options_set_draft(o, kTinyLlama.c_str())}) {
    EXPECT_EQ(status, TF_OK);
  }
  const auto engine = open_engine(kTinyLlama, o);
  EXPECT_STREQ(tf_model_info_isa(tf_engine_info(engine.get())), "scalar");
  EXPECT_EQ(tf_model_info_n_ctx(tf_engine_info(engine.get())), 512);
  const auto session = open_session(engine.get());
  tf_session* second = nullptr;
  EXPECT_EQ(tf_session_create(engine.get(), &second, nullptr), TF_RESOURCE_EXHAUSTED);
  EXPECT_EQ(second, nullptr);
}

TEST(CApiTokens, ComeAndGo) {
  const auto engine = open_engine(kTinyLlama);
  const auto tokenize = [&](const char* text, uint32_t flags) {
    return made<tf_tokens>(
        [&](auto** to, auto** error) { return tf_engine_tokenize(engine.get(), text, flags, nullptr, to, error); });
  };
  size_t n = 0, n_with_bos = 0, n_bytes = 0;
  const auto tokens = tokenize("the river", 0);
  const int32_t* ids = tf_tokens_data(tokens.get(), &n);
  ASSERT_GT(n, 0u);
  tf_tokens_data(tokenize("the river", TF_ADD_BOS).get(), &n_with_bos);
  EXPECT_GE(n_with_bos, n);
  const auto text = made<tf_text>(
      [&](auto** to, auto** error) { return tf_engine_detokenize(engine.get(), ids, n, TF_SPECIAL_SHOW, to, error); });
  EXPECT_NE(std::string(tf_text_data(text.get(), &n_bytes)).find("the river"), std::string::npos);
  EXPECT_EQ(n_bytes, std::string(tf_text_data(text.get(), nullptr)).size());
  EXPECT_EQ(tf_engine_is_end_token(engine.get(), ids[0]), 0);
  EXPECT_EQ(tf_engine_is_end_token(engine.get(), -1), 0);

  tf_tokens* none = nullptr;
  expect_failure(TF_INVALID_ARGUMENT, "flags: expected 0…7, found 8",
                 [&](auto** error) { return tf_engine_tokenize(engine.get(), "x", 8, nullptr, &none, error); });
  tf_text* no_text = nullptr;
  expect_failure(TF_INVALID_ARGUMENT, "special: expected 0…1, found 2",
                 [&](auto** error) { return tf_engine_detokenize(engine.get(), ids, n, 2, &no_text, error); });
  expect_failure(TF_INVALID_ARGUMENT, "tokens: expected a value",
                 [&](auto** error) { return tf_engine_detokenize(engine.get(), nullptr, 1, 0, &no_text, error); });
  const int32_t bad = 1'000'000;
  EXPECT_EQ(tf_engine_detokenize(engine.get(), &bad, 1, 0, &no_text, nullptr), TF_INVALID_ARGUMENT);
  const auto cancel = made<tf_cancel>(tf_cancel_create);
  tf_cancel_request(cancel.get());
  EXPECT_EQ(tf_engine_tokenize(engine.get(), "the river", 0, cancel.get(), &none, nullptr), TF_CANCELLED);
}

TEST(CApiEmbed, MakesVectorsOfTexts) {
  const auto engine = open_engine(kTinyLlama);
  const auto dim = static_cast<std::size_t>(tf_model_info_vector_dim(tf_engine_info(engine.get())));
  const auto options = made<tf_embed_options>(tf_embed_options_create);
  tf_embed_options* o = options.get();
  const auto embed = [&](tf_status expected = TF_OK) {
    std::vector<float> vector(dim);
    EXPECT_EQ(tf_engine_embed(engine.get(), "the river", o, vector.data(), dim, nullptr), expected);
    return vector;
  };
  const auto length = [](const std::vector<float>& vector) {
    double square = 0;
    for (const float x : vector) square += static_cast<double>(x) * x;
    return std::sqrt(square);
  };
  const auto by_default = embed();
  EXPECT_NEAR(length(by_default), 1, 1e-6);
  EXPECT_EQ(tf_embed_options_set_pooling(o, TF_POOLING_LAST), TF_OK);
  EXPECT_EQ(embed(), by_default);
  EXPECT_EQ(tf_embed_options_set_pooling(o, TF_POOLING_MEAN), TF_OK);
  EXPECT_NE(embed(), by_default);
  EXPECT_EQ(tf_embed_options_set_normalize(o, 0), TF_OK);
  EXPECT_EQ(tf_embed_options_set_parse_special(o, 1), TF_OK);
  EXPECT_EQ(tf_embed_options_set_truncate(o, 1), TF_OK);
  EXPECT_EQ(tf_embed_options_set_prompt_name(o, ""), TF_OK);
  EXPECT_GT(std::abs(length(embed()) - 1), 1e-3);
  {
    const auto cancel = made<tf_cancel>(tf_cancel_create);
    EXPECT_EQ(tf_embed_options_set_cancel(o, cancel.get()), TF_OK);
    embed();
    EXPECT_EQ(tf_cancel_requested(cancel.get()), 0);
    tf_cancel_request(cancel.get());
    EXPECT_EQ(tf_cancel_requested(cancel.get()), 1);
  }
  embed(TF_CANCELLED);  // the options keep it alive
  EXPECT_EQ(tf_embed_options_set_cancel(o, nullptr), TF_OK);
  embed();
  EXPECT_EQ(tf_embed_options_set_prompt_name(o, "query"), TF_OK);
  embed(TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_embed_options_set_pooling(o, 3), TF_INVALID_ARGUMENT);
  std::vector<float> vector(dim);
  expect_failure(TF_INVALID_ARGUMENT, "pooling: expected 0…2, found 3",
                 [&](auto** error) { return tf_engine_embed(engine.get(), "x", o, vector.data(), dim, error); });
  expect_failure(TF_INVALID_ARGUMENT, "vector: expected room for 64 numbers, found 63", [&](auto** error) {
    return tf_engine_embed(engine.get(), "x", nullptr, vector.data(), dim - 1, error);
  });
  const std::string much(std::size_t{3} << 20, 'a');
  expect_failure(TF_INVALID_ARGUMENT, "expected at most 1048576 bytes", [&](auto** error) {
    return tf_engine_embed(engine.get(), much.c_str(), nullptr, vector.data(), dim, error);
  });
}

}  // namespace
