#include "c_api/call.h"

using namespace tenfold;

namespace {

constexpr std::uint32_t kAllFlags = TF_ADD_BOS | TF_ADD_EOS | TF_PARSE_SPECIAL;

}  // namespace

extern "C" {

const int32_t* tf_tokens_data(const tf_tokens* tokens, size_t* n_tokens) {
  if (n_tokens != nullptr) *n_tokens = tokens != nullptr ? tokens->tokens.size() : 0;
  return look(tokens, [](const tf_tokens& of) { return of.tokens.data(); });
}
void tf_tokens_free(tf_tokens* tokens) { delete tokens; }

const char* tf_text_data(const tf_text* text, size_t* n_bytes) {
  return show(text != nullptr ? &text->text : nullptr, n_bytes);
}
void tf_text_free(tf_text* text) { delete text; }

tf_status tf_engine_tokenize(tf_engine* engine, const char* text, uint32_t flags, const tf_cancel* cancel,
                             tf_tokens** tokens, tf_error** error) {
  return create(tokens, "tokens", error, [&]() -> Result<std::vector<TokenId>> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "text"));
    if ((flags & ~kAllFlags) != 0) return invalid_argument("flags: expected 0…", kAllFlags, ", found ", flags);
    TokenizeOptions how;
    how.add_bos = (flags & TF_ADD_BOS) != 0;
    how.add_eos = (flags & TF_ADD_EOS) != 0;
    how.parse_special = (flags & TF_PARSE_SPECIAL) != 0;
    if (cancel != nullptr) how.cancel = &cancel->cancel->flag();
    return engine->engine->tokenize(text, how);
  });
}

tf_status tf_engine_detokenize(tf_engine* engine, const int32_t* tokens, size_t n_tokens, tf_special_text special,
                               tf_text** text, tf_error** error) {
  return create(text, "text", error, [&]() -> Result<std::string> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    if (n_tokens > 0) TENFOLD_RETURN_IF_ERROR(expect_not_null(tokens, "tokens"));
    SpecialText how = SpecialText::kHide;
    TENFOLD_RETURN_IF_ERROR(choose("special", special, 2, how));
    return engine->engine->detokenize({tokens, n_tokens}, how);
  });
}

}  // extern "C"
