// guard(f): runs f and turns what the standard library throws into a Status.
//
// Every public entry and every worker thread body goes through it, so that no exception reaches the host program.
#pragma once

#include <exception>
#include <new>
#include <stdexcept>

#include "base/error.h"

namespace tenfold {

// A Status about an exception; there may be no memory for its text.
inline Status status_in_catch(StatusCode code, const char* what) noexcept {
  try {
    return {code, what};
  } catch (...) {
    return Status::out_of_memory();
  }
}

// `body` returns Status or Result<T>; guard returns the same type. Thread-safe.
template <typename Body>
auto guard(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory();
  } catch (const std::length_error& e) {
    return status_in_catch(StatusCode::kResourceExhausted, e.what());
  } catch (const std::exception& e) {
    return status_in_catch(StatusCode::kInternal, e.what());
  } catch (...) {
    return status_in_catch(StatusCode::kInternal, "unknown exception");
  }
}

}  // namespace tenfold
