#include "tenfold/status.h"

#include "base/cat.h"

namespace tenfold {

const char* status_code_name(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kOk: return "ok";
    case StatusCode::kInvalidArgument: return "invalid argument";
    case StatusCode::kNotFound: return "not found";
    case StatusCode::kCorruptData: return "corrupt data";
    case StatusCode::kUnsupported: return "unsupported";
    case StatusCode::kResourceExhausted: return "resource exhausted";
    case StatusCode::kCancelled: return "cancelled";
    case StatusCode::kFailedPrecondition: return "failed precondition";
    case StatusCode::kIoError: return "i/o error";
    case StatusCode::kInternal: return "internal error";
  }
  return "unknown";
}

Status Status::out_of_memory() noexcept {
  static const Rep rep{StatusCode::kResourceExhausted, "out of memory"};  // short enough to lie in the string itself
  Status status;
  status.rep_ = std::shared_ptr<const Rep>(std::shared_ptr<const Rep>(), &rep);  // owns nothing, counts nothing
  return status;
}

bool Status::is_out_of_memory() const noexcept { return rep_ != nullptr && rep_ == out_of_memory().rep_; }

std::string Status::to_string() const {
  return ok() ? std::string("ok") : cat(status_code_name(code()), ": ", message());
}

Status Status::with_context(std::string_view context) const {
  return ok() ? Status() : Status(code(), cat(context, ": ", message()));
}

}  // namespace tenfold
