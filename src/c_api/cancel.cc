#include "c_api/call.h"

using namespace tenfold;

extern "C" {

tf_status tf_cancel_create(tf_cancel** cancel, tf_error** error) {
  return create(cancel, "cancel", error,
                []() -> Result<std::shared_ptr<Cancel>> { return std::make_shared<Cancel>(); });
}
void tf_cancel_request(tf_cancel* cancel) {
  if (cancel != nullptr) cancel->cancel->request();
}
int32_t tf_cancel_requested(const tf_cancel* cancel) {
  return look(cancel, [](const tf_cancel& of) { return of.cancel->requested() ? 1 : 0; });
}
void tf_cancel_free(tf_cancel* cancel) { delete cancel; }

}  // extern "C"
