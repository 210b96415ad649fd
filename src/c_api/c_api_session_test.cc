#include <cmath>
#include <csignal>
#include <thread>
#include <vector>

#include "c_api/owned_handles_testing.h"

namespace {

int32_t append_text(const char* text, size_t n, void* to) {
  static_cast<std::string*>(to)->append(text, n);
  return 1;
}

class CApiSession : public testing::Test {
 protected:
  Owned<tf_engine> engine_ = open_engine(kTinyLlama);
  Owned<tf_session> session_ = open_session(engine_.get());
  Owned<tf_generate_options> greedy_ = greedy_options(12);
};

TEST_F(CApiSession, GeneratesTheSameTextTwice) {
  std::string streamed;
  const auto first = generate(session_.get(), "the river", greedy_.get(), append_text, &streamed);
  EXPECT_EQ(text_of(first.get()), streamed);
  size_t n_bytes = 0, n_tokens = 0;
  EXPECT_EQ(tf_answer_raw_text(first.get(), &n_bytes), streamed);
  EXPECT_EQ(n_bytes, streamed.size());
  EXPECT_NE(tf_answer_tokens(first.get(), &n_tokens), nullptr);
  EXPECT_EQ(n_tokens, 12u);
  EXPECT_EQ(tf_answer_n_tokens(first.get()), 12);
  EXPECT_GT(tf_answer_n_prompt_tokens(first.get()), 0);
  EXPECT_EQ(tf_answer_finish_reason(first.get()), TF_FINISH_LENGTH);
  EXPECT_GT(tf_answer_ttft_s(first.get()), 0);
  EXPECT_GT(tf_answer_prefill_tokens_per_s(first.get()), 0);
  EXPECT_GT(tf_answer_decode_tokens_per_s(first.get()), 0);
  EXPECT_GE(tf_answer_n_drafted(first.get()), tf_answer_n_accepted(first.get()));
  EXPECT_GT(tf_session_n_tokens(session_.get()), 12);
  EXPECT_EQ(tf_session_reset(session_.get(), nullptr), TF_OK);
  EXPECT_EQ(tf_session_n_tokens(session_.get()), 0);
  EXPECT_EQ(text_of(generate(session_.get(), "the river", greedy_.get()).get()), streamed);
  const auto again = generate(session_.get(), "the river", greedy_.get());
  EXPECT_GT(tf_answer_n_reused_tokens(again.get()), 0);
}

TEST_F(CApiSession, TokensAndLogitsAreThoseOfTheText) {
  const auto tokens = made<tf_tokens>([&](auto** to, auto** error) {
    return tf_engine_tokenize(engine_.get(), "the river", TF_ADD_BOS, nullptr, to, error);
  });
  size_t n = 0;
  const int32_t* ids = tf_tokens_data(tokens.get(), &n);
  const auto by_text = generate(session_.get(), "the river", greedy_.get());
  const auto by_tokens = made<tf_answer>([&](auto** to, auto** error) {
    return tf_session_generate_tokens(session_.get(), ids, n, nullptr, 0, greedy_.get(), nullptr, nullptr, to, error);
  });
  EXPECT_EQ(text_of(by_text.get()), text_of(by_tokens.get()));
  std::vector<float> logits(static_cast<std::size_t>(tf_model_info_vocab_size(tf_engine_info(engine_.get()))));
  ASSERT_EQ(tf_session_logits(session_.get(), ids, n, logits.data(), logits.size(), nullptr), TF_OK);
  EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(), *tf_answer_tokens(by_text.get(), nullptr));
  expect_failure(TF_INVALID_ARGUMENT, "logits: expected room for",
                 [&](auto** error) { return tf_session_logits(session_.get(), ids, n, logits.data(), 1, error); });
  EXPECT_EQ(tf_session_logits(session_.get(), nullptr, 1, logits.data(), logits.size(), nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_logits(session_.get(), ids, 0, logits.data(), logits.size(), nullptr), TF_INVALID_ARGUMENT);
  const tf_image* no_image = nullptr;
  expect_failure(TF_INVALID_ARGUMENT, "images: expected a value", [&](auto** error) {
    return tf_session_generate_tokens(session_.get(), ids, n, &no_image, 1, nullptr, nullptr, nullptr, nullptr, error);
  });
}

TEST_F(CApiSession, TheCallbackStopsIt) {
  const auto stop = [](const char*, size_t, void*) -> int32_t { return 0; };
  EXPECT_EQ(tf_answer_finish_reason(generate(session_.get(), "the river", greedy_.get(), stop).get()),
            TF_FINISH_CANCELLED);
}

TEST_F(CApiSession, ACallbackThatCallsItsSessionIsRefused) {
  const auto call_again = [](const char*, size_t, void* session) -> int32_t {
    EXPECT_EQ(
        tf_session_generate(static_cast<tf_session*>(session), "x", 0, nullptr, nullptr, nullptr, nullptr, nullptr),
        TF_FAILED_PRECONDITION);
    EXPECT_EQ(tf_session_reset(static_cast<tf_session*>(session), nullptr), TF_FAILED_PRECONDITION);
    return 1;
  };
  const auto answer = generate(session_.get(), "the river", greedy_.get(), call_again, session_.get());
  EXPECT_EQ(tf_answer_n_tokens(answer.get()), 12);
}

TEST_F(CApiSession, StopsWhereItIsTold) {
  const std::string whole = text_of(generate(session_.get(), "the river", greedy_.get()).get());
  const auto by_token = greedy_options(12);
  const int32_t third = tf_answer_tokens(generate(session_.get(), "the river", greedy_.get()).get(), nullptr)[2];
  EXPECT_EQ(tf_generate_options_add_stop_token(by_token.get(), third), TF_OK);
  const auto cut = generate(session_.get(), "the river", by_token.get());
  EXPECT_EQ(tf_answer_finish_reason(cut.get()), TF_FINISH_STOP);
  EXPECT_LE(tf_answer_n_tokens(cut.get()), 2);
  const auto by_text = greedy_options(12);
  EXPECT_EQ(tf_generate_options_add_stop(by_text.get(), whole.substr(3, 2).c_str()), TF_OK);
  EXPECT_LT(text_of(generate(session_.get(), "the river", by_text.get()).get()).size(), whole.size());
  const auto biased = greedy_options(3);
  EXPECT_EQ(tf_generate_options_add_logit_bias(biased.get(), 70, 1000), TF_OK);
  EXPECT_EQ(tf_answer_tokens(generate(session_.get(), "the river", biased.get()).get(), nullptr)[2], 70);
}

TEST_F(CApiSession, SpeculationChangesNothingThatIsSaid) {
  const auto plain = greedy_options(12);
  EXPECT_EQ(tf_generate_options_set_speculate(plain.get(), 0), TF_OK);
  EXPECT_EQ(text_of(generate(session_.get(), "the river the river", greedy_.get()).get()),
            text_of(generate(session_.get(), "the river the river", plain.get()).get()));
}

TEST_F(CApiSession, RefusesHostileOptions) {
  const auto with = [&](auto set) {
    const auto options = greedy_options(2);
    set(options.get());
    return tf_session_generate(session_.get(), "the river", TF_GIVEN_PLAIN, options.get(), nullptr, nullptr, nullptr,
                               nullptr);
  };
  for (const float wrong : {NAN, INFINITY, -INFINITY, -3.0F}) {
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_temperature(o, wrong); }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_top_p(o, wrong); }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_min_p(o, wrong); }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_typical_p(o, wrong); }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_repeat_penalty(o, wrong); }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_frequency_penalty(o, wrong); }), TF_INVALID_ARGUMENT);
    EXPECT_EQ(with([=](auto* o) { tf_generate_options_set_presence_penalty(o, wrong); }), TF_INVALID_ARGUMENT);
  }
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_top_k(o, -1); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_top_k(o, INT32_MAX); }), TF_OK);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_max_tokens(o, 0); }), TF_OK);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_seed(o, ~uint64_t{0}); }), TF_OK);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_special(o, TF_SPECIAL_SHOW); }), TF_OK);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_special(o, 2); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_speculate(o, -1); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_set_ignore_end(o, 7); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_add_stop(o, nullptr); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_add_stop_token(o, -1); }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(with([](auto* o) { tf_generate_options_add_logit_bias(o, -1, 1); }), TF_INVALID_ARGUMENT);
  expect_failure(TF_INVALID_ARGUMENT, "given_text: expected 0…1, found 9", [&](auto** error) {
    return tf_session_generate(session_.get(), "x", 9, nullptr, nullptr, nullptr, nullptr, error);
  });
  const std::string much(std::size_t{3} << 20, 'a');
  expect_failure(TF_INVALID_ARGUMENT, "found 3145728", [&](auto** error) {
    return tf_session_generate(session_.get(), much.c_str(), TF_GIVEN_PLAIN, nullptr, nullptr, nullptr, nullptr, error);
  });
}

TEST_F(CApiSession, ACancelCountsWheneverItComes) {
  const auto options = greedy_options(200);
  Owned<tf_cancel> cancel = made<tf_cancel>(tf_cancel_create);
  EXPECT_EQ(tf_generate_options_set_cancel(options.get(), cancel.get()), TF_OK);
  const auto elsewhere = [](const char*, size_t, void* to) -> int32_t {
    std::thread([=] { tf_cancel_request(static_cast<tf_cancel*>(to)); }).join();
    return 1;
  };
  const auto during = generate(session_.get(), "the river", options.get(), elsewhere, cancel.get());
  EXPECT_EQ(tf_answer_finish_reason(during.get()), TF_FINISH_CANCELLED);
  EXPECT_LT(tf_answer_n_tokens(during.get()), 200);
  cancel.reset();
  const auto before = generate(session_.get(), "the river", options.get());
  EXPECT_EQ(tf_answer_finish_reason(before.get()), TF_FINISH_CANCELLED) << "the options keep it alive";
  EXPECT_EQ(tf_answer_n_prompt_tokens(before.get()), 0) << "nothing was begun";
  EXPECT_EQ(tf_generate_options_set_cancel(options.get(), nullptr), TF_OK);
  EXPECT_EQ(tf_answer_n_tokens(generate(session_.get(), "the river", options.get()).get()), 200);
}

TEST_F(CApiSession, ACancelMayComeFromASignalHandler) {
  static tf_cancel* cancel = nullptr;
  const auto owned = made<tf_cancel>(tf_cancel_create);
  cancel = owned.get();
  const auto options = greedy_options(200);
  EXPECT_EQ(tf_generate_options_set_cancel(options.get(), cancel), TF_OK);
  const auto before = std::signal(SIGUSR1, [](int) { tf_cancel_request(cancel); });
  const auto raise = [](const char*, size_t, void*) -> int32_t { return std::raise(SIGUSR1) == 0; };
  EXPECT_EQ(tf_answer_finish_reason(generate(session_.get(), "the river", options.get(), raise).get()),
            TF_FINISH_CANCELLED);
  std::signal(SIGUSR1, before);
}

TEST_F(CApiSession, OutlivesItsEngine) {
  engine_.reset();
  EXPECT_NE(text_of(generate(session_.get(), "the river", greedy_.get()).get()), "");
}

TEST_F(CApiSession, TooManyThenRoomAgain) {
  std::vector<Owned<tf_session>> others;
  tf_session* session = nullptr;
  while (tf_session_create(engine_.get(), &session, nullptr) == TF_OK) others.emplace_back(session);
  EXPECT_EQ(others.size(), 3u);
  EXPECT_EQ(session, nullptr);
  others.pop_back();
  others.push_back(open_session(engine_.get()));
}

}  // namespace
