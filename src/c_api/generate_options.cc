#include "c_api/call.h"

using namespace tenfold;

namespace {

// Sets a member from a value that needs no look: the run checks the numbers.
template <typename T, typename Value>
tf_status set_sampler(tf_generate_options* options, T SamplerOptions::* member, Value value) {
  return set(options, [&](tf_generate_options& of) {
    of.value.sampler.*member = value;
    return Status();
  });
}

}  // namespace

extern "C" {

tf_status tf_generate_options_create(tf_generate_options** options, tf_error** error) {
  return create_default(options, error);
}
void tf_generate_options_free(tf_generate_options* options) { delete options; }

tf_status tf_generate_options_set_max_tokens(tf_generate_options* options, int32_t max_tokens) {
  return set(options, [&](tf_generate_options& of) {
    of.value.max_tokens = max_tokens;
    return Status();
  });
}
tf_status tf_generate_options_set_temperature(tf_generate_options* options, float temperature) {
  return set_sampler(options, &SamplerOptions::temperature, temperature);
}
tf_status tf_generate_options_set_top_k(tf_generate_options* options, int32_t top_k) {
  return set_sampler(options, &SamplerOptions::top_k, top_k);
}
tf_status tf_generate_options_set_top_p(tf_generate_options* options, float top_p) {
  return set_sampler(options, &SamplerOptions::top_p, top_p);
}
tf_status tf_generate_options_set_min_p(tf_generate_options* options, float min_p) {
  return set_sampler(options, &SamplerOptions::min_p, min_p);
}
tf_status tf_generate_options_set_typical_p(tf_generate_options* options, float typical_p) {
  return set_sampler(options, &SamplerOptions::typical_p, typical_p);
}
tf_status tf_generate_options_set_repeat_penalty(tf_generate_options* options, float penalty) {
  return set_sampler(options, &SamplerOptions::repeat_penalty, penalty);
}
tf_status tf_generate_options_set_frequency_penalty(tf_generate_options* options, float penalty) {
  return set_sampler(options, &SamplerOptions::frequency_penalty, penalty);
}
tf_status tf_generate_options_set_presence_penalty(tf_generate_options* options, float penalty) {
  return set_sampler(options, &SamplerOptions::presence_penalty, penalty);
}
tf_status tf_generate_options_set_seed(tf_generate_options* options, uint64_t seed) {
  return set_sampler(options, &SamplerOptions::seed, seed);
}
tf_status tf_generate_options_add_logit_bias(tf_generate_options* options, int32_t token, float bias) {
  return set(options, [&](tf_generate_options& of) {
    of.value.sampler.logit_bias.emplace_back(token, bias);
    return Status();
  });
}

tf_status tf_generate_options_add_stop(tf_generate_options* options, const char* text) {
  return set(options, [&](tf_generate_options& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "stop"));
    of.value.stop.emplace_back(text);
    return {};
  });
}
tf_status tf_generate_options_add_stop_token(tf_generate_options* options, int32_t token) {
  return set(options, [&](tf_generate_options& of) {
    of.value.stop_tokens.push_back(token);
    return Status();
  });
}
tf_status tf_generate_options_set_ignore_end(tf_generate_options* options, int32_t on) {
  return set(options, [&](tf_generate_options& of) { return choose("ignore_end", on, 2, of.value.ignore_end); });
}
tf_status tf_generate_options_set_special(tf_generate_options* options, tf_special_text special) {
  return set(options, [&](tf_generate_options& of) { return choose("special", special, 2, of.value.special); });
}
tf_status tf_generate_options_set_speculate(tf_generate_options* options, int32_t on) {
  return set(options, [&](tf_generate_options& of) { return choose("speculate", on, 2, of.value.speculate); });
}
tf_status tf_generate_options_set_cancel(tf_generate_options* options, tf_cancel* cancel) {
  return set_cancel(options, cancel);
}

}  // extern "C"
