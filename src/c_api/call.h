// How functions of the C interface begin and end: nothing is thrown past them, and each failure has its words.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"
#include "base/guard.h"
#include "c_api/handles.h"

namespace tenfold {

// The code of a status, and its words for the caller if he wants them.
tf_status report(const Status& status, tf_error** error) noexcept;

// Runs `body`, which returns a Status, and hands its failure to the caller.
template <typename Body>
tf_status call(tf_error** error, Body&& body) noexcept {
  return report(guard(body), error);
}

inline Status expect_not_null(const void* pointer, const char* name) {
  return pointer != nullptr ? Status() : invalid_argument(name, ": expected a value, found NULL");
}

// Makes a handle. `make` returns a Result with what the handle holds.
template <typename Handle, typename Make>
tf_status create(Handle** handle, const char* name, tf_error** error, Make&& make) noexcept {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(handle, name));
    *handle = nullptr;
    TENFOLD_ASSIGN_OR_RETURN(auto made, make());
    *handle = new Handle{std::move(made)};
    return {};
  });
}

// The same for an answer, which the caller may not want.
template <typename Make>
tf_status give_answer(tf_answer** answer, tf_error** error, Make&& make) noexcept {
  return call(error, [&]() -> Status {
    if (answer != nullptr) *answer = nullptr;
    auto place = answer != nullptr ? std::make_unique<tf_answer>() : nullptr;  // before there is anything to lose
    TENFOLD_ASSIGN_OR_RETURN(ChatAnswer made, make());
    if (place != nullptr) {
      place->answer = std::move(made);
      *answer = place.release();
    }
    return {};
  });
}

// Makes options with the defaults.
template <typename Options>
tf_status create_default(Options** options, tf_error** error) noexcept {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(options, "options"));
    *options = nullptr;
    *options = new Options();
    return {};
  });
}

// Changes options or a message. `change` returns a Status; the first failure is kept for the call that takes them.
template <typename Options, typename Change>
tf_status set(Options* options, Change&& change) noexcept {
  if (options == nullptr) return TF_INVALID_ARGUMENT;
  const Status status = guard([&] { return change(*options); });
  if (!status.ok() && options->failed.ok()) options->failed = status;
  return static_cast<tf_status>(status.code());
}

// Sets the member of options that `member` gives from a text.
template <typename Options, typename Text>
tf_status set_text(Options* options, const char* name, const char* text, Text&& member) noexcept {
  return set(options, [&](Options& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, name));
    member(of) = text;
    return {};
  });
}

// cancel: NULL for none.
template <typename Options>
tf_status set_cancel(Options* options, const tf_cancel* cancel) noexcept {
  return set(options, [&](Options& of) {
    of.cancel = cancel != nullptr ? cancel->cancel : nullptr;
    return Status();
  });
}

// Sets `to` from the number of one of n ≥ 1 choices, which are counted from 0.
template <typename Choice>
Status choose(const char* name, std::int32_t number, std::int32_t n, Choice& to) {
  TENFOLD_DCHECK(n >= 1);
  if (number < 0 || number >= n) return invalid_argument(name, ": expected 0…", n - 1, ", found ", number);
  to = static_cast<Choice>(number);
  return {};
}

// Copies options, or the defaults for NULL. Errors: what failed when they were set.
template <typename Options>
Status take(const Options* options, Options& copy) {
  if (options == nullptr) return {};
  TENFOLD_RETURN_IF_ERROR(options->failed);
  copy = *options;
  return {};
}

// Of a handle that may be NULL: what `get` finds in it, or nothing.
template <typename Handle, typename Get>
auto look(const Handle* handle, Get&& get) noexcept -> decltype(get(*handle)) {
  return handle != nullptr ? get(*handle) : decltype(get(*handle)){};
}

template <typename T>
const T* at(const std::vector<T>& all, std::int32_t index) noexcept {
  const bool is_there = index >= 0 && static_cast<std::size_t>(index) < all.size();
  return is_there ? &all[static_cast<std::size_t>(index)] : nullptr;
}

// Null for NULL.
inline std::function<bool(double)> to_progress(tf_on_progress on_progress, void* user_data) {
  if (on_progress == nullptr) return nullptr;
  return [=](double fraction) { return on_progress(fraction, user_data) != 0; };
}

// A text as C sees it; "" for none. n_bytes may be null.
const char* show(const std::string* text, std::size_t* n_bytes) noexcept;

inline std::int32_t to_int32(std::size_t n) noexcept {
  return n <= static_cast<std::size_t>(INT32_MAX) ? static_cast<std::int32_t>(n) : INT32_MAX;
}

}  // namespace tenfold
