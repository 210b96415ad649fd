#include <new>

#include "c_api/call.h"

namespace tenfold {

static_assert(TF_INTERNAL == static_cast<int>(StatusCode::kInternal));

tf_status report(const Status& status, tf_error** error) noexcept {
  const auto code = static_cast<tf_status>(status.code());
  if (error == nullptr) return code;
  *error = nullptr;
  if (status.ok()) return code;
  try {
    *error = new tf_error{status, std::string(status.message())};
  } catch (...) {
    // No memory left to say so: the code alone must do.
  }
  return code;
}

const char* show(const std::string* text, std::size_t* n_bytes) noexcept {
  if (n_bytes != nullptr) *n_bytes = text != nullptr ? text->size() : 0;
  return text != nullptr ? text->c_str() : "";
}

}  // namespace tenfold

extern "C" {

int32_t tf_abi_version(void) { return TF_ABI_VERSION; }
const char* tf_version(void) { return TENFOLD_VERSION; }

tf_status tf_error_status(const tf_error* error) {
  return error == nullptr ? TF_OK : static_cast<tf_status>(error->status.code());
}
const char* tf_error_message(const tf_error* error) { return error == nullptr ? "" : error->message.c_str(); }
void tf_error_free(tf_error* error) { delete error; }

}  // extern "C"
