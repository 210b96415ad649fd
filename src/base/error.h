// Short builders for Status: invalid_argument("top_p: expected 0…1, found ", value).
#pragma once

#include "base/cat.h"
#include "tenfold/status.h"

namespace tenfold {

template <typename... Args>
Status invalid_argument(const Args&... args) {
  return {StatusCode::kInvalidArgument, cat(args...)};
}
template <typename... Args>
Status not_found(const Args&... args) {
  return {StatusCode::kNotFound, cat(args...)};
}
template <typename... Args>
Status corrupt_data(const Args&... args) {
  return {StatusCode::kCorruptData, cat(args...)};
}
template <typename... Args>
Status unsupported(const Args&... args) {
  return {StatusCode::kUnsupported, cat(args...)};
}
template <typename... Args>
Status resource_exhausted(const Args&... args) {
  return {StatusCode::kResourceExhausted, cat(args...)};
}
template <typename... Args>
Status cancelled(const Args&... args) {
  return {StatusCode::kCancelled, cat(args...)};
}
template <typename... Args>
Status failed_precondition(const Args&... args) {
  return {StatusCode::kFailedPrecondition, cat(args...)};
}
template <typename... Args>
Status io_error(const Args&... args) {
  return {StatusCode::kIoError, cat(args...)};
}
template <typename... Args>
Status internal_error(const Args&... args) {
  return {StatusCode::kInternal, cat(args...)};
}

}  // namespace tenfold
