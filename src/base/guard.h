// guard(f): runs f and turns what the standard library throws into a Status.
//
// Every public entry and every worker thread body goes through it, so that no exception reaches the host program.
#pragma once

#include <exception>
#include <new>
#include <stdexcept>

#include "base/error.h"

namespace tenfold {

// `body` returns Status or Result<T>; guard returns the same type. Thread-safe.
template <typename Body>
auto guard(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kResourceExhausted, "out of memory");
  } catch (const std::length_error& e) {
    return Status(StatusCode::kResourceExhausted, e.what());
  } catch (const std::exception& e) {
    return Status(StatusCode::kInternal, e.what());
  } catch (...) {
    return Status(StatusCode::kInternal, "unknown exception");
  }
}

}  // namespace tenfold
