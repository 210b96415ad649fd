#include "c_api/call.h"

using namespace tenfold;

extern "C" {

tf_status tf_conversation_options_create(tf_conversation_options** options, tf_error** error) {
  return create_default(options, error);
}
void tf_conversation_options_free(tf_conversation_options* options) { delete options; }

tf_status tf_conversation_options_set_system(tf_conversation_options* options, const char* system) {
  return set_text(options, "system", system,
                  [](tf_conversation_options& of) -> std::string& { return of.value.system; });
}
tf_status tf_conversation_options_add_message(tf_conversation_options* options, const tf_message* message) {
  return set(options, [&](tf_conversation_options& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(message, "message"));
    TENFOLD_RETURN_IF_ERROR(message->failed);
    of.value.before.push_back(message->value);
    return {};
  });
}
tf_status tf_conversation_options_set_tools(tf_conversation_options* options, const char* json) {
  return set_text(options, "tools", json,
                  [](tf_conversation_options& of) -> std::string& { return of.value.tools_json; });
}
tf_status tf_conversation_options_set_variables(tf_conversation_options* options, const char* json) {
  return set_text(options, "variables", json,
                  [](tf_conversation_options& of) -> std::string& { return of.value.variables_json; });
}
tf_status tf_conversation_options_set_when_full(tf_conversation_options* options, tf_when_full when_full) {
  return set(options,
             [&](tf_conversation_options& of) { return choose("when_full", when_full, 2, of.value.when_full); });
}
tf_status tf_conversation_options_set_given_text(tf_conversation_options* options, tf_given_text given_text) {
  return set(options,
             [&](tf_conversation_options& of) { return choose("given_text", given_text, 2, of.value.given_text); });
}

}  // extern "C"
