// Status and Result<T>: how every Tenfold function reports failure.
//
// A Status is either ok or a code with one line of text that says what was expected and what was found.
// Result<T> is a value or a non-ok Status. Neither is ever thrown; both must be looked at ([[nodiscard]]).
// Values, not handles: copy and move them freely; one object belongs to one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenfold {

#ifdef TENFOLD_DCHECKS
[[noreturn]] void contract_broken(const char* condition, const char* file, int line) noexcept;
#endif

enum class StatusCode : int {
  kOk = 0,
  kInvalidArgument = 1,     // the caller's value is wrong: an option, a token id, a prompt that does not fit
  kNotFound = 2,            // no such file, key or tensor
  kCorruptData = 3,         // bytes from outside break their own format
  kUnsupported = 4,         // well formed, but not something Tenfold can do
  kResourceExhausted = 5,   // memory, KV blocks, or a limit on steps, depth or output
  kCancelled = 6,           // the caller asked to stop
  kFailedPrecondition = 7,  // right call, wrong moment
  kIoError = 8,             // the operating system refused a read or write
  kInternal = 9,            // a bug in Tenfold
};

// "invalid argument", "corrupt data", …; never null.
const char* status_code_name(StatusCode code) noexcept;

class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  Status(StatusCode code, std::string message)
      : rep_(code == StatusCode::kOk ? nullptr : std::make_shared<const Rep>(Rep{code, std::move(message)})) {}

  // kResourceExhausted, made without needing memory.
  static Status out_of_memory() noexcept;
  // Made by out_of_memory(), with no context since: what failed may work another time, whatever a file holds.
  [[nodiscard]] bool is_out_of_memory() const noexcept;

  [[nodiscard]] bool ok() const noexcept { return rep_ == nullptr; }
  [[nodiscard]] StatusCode code() const noexcept { return rep_ ? rep_->code : StatusCode::kOk; }
  // Empty when ok.
  [[nodiscard]] std::string_view message() const noexcept { return rep_ ? std::string_view(rep_->message) : ""; }
  // "corrupt data: tensor …", or "ok".
  [[nodiscard]] std::string to_string() const;
  // The same failure seen from further out: "context: message". Ok stays ok.
  [[nodiscard]] Status with_context(std::string_view context) const;

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return value_.has_value(); }
  [[nodiscard]] const Status& status() const noexcept { return status_; }

  // Only when ok().
  [[nodiscard]] T& value() & { return (expect_ok(), *value_); }
  [[nodiscard]] const T& value() const& { return (expect_ok(), *value_); }
  [[nodiscard]] T&& value() && { return (expect_ok(), std::move(*value_)); }
  T* operator->() { return (expect_ok(), &*value_); }
  const T* operator->() const { return (expect_ok(), &*value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  // A check of our own builds alone; elsewhere it is nothing.
  void expect_ok() const noexcept {
#ifdef TENFOLD_DCHECKS
    if (!ok()) contract_broken("ok()", __FILE__, __LINE__);
#endif
  }

  std::optional<T> value_;
  Status status_;
};

}  // namespace tenfold

#define TENFOLD_CONCAT_INNER(a, b) a##b
#define TENFOLD_CONCAT(a, b) TENFOLD_CONCAT_INNER(a, b)

// Leaves the function with the Status of `expr` unless it is ok.
#define TENFOLD_RETURN_IF_ERROR(expr)                                                           \
  do {                                                                                          \
    if (::tenfold::Status tenfold_status = (expr); !tenfold_status.ok()) return tenfold_status; \
  } while (false)

// Declares or assigns `lhs` from a Result, or leaves the function with its Status.
#define TENFOLD_ASSIGN_OR_RETURN(lhs, expr) \
  TENFOLD_ASSIGN_OR_RETURN_INNER(TENFOLD_CONCAT(tenfold_result_, __LINE__), lhs, expr)
#define TENFOLD_ASSIGN_OR_RETURN_INNER(result, lhs, expr) \
  auto result = (expr);                                   \
  if (!result.ok()) return result.status();               \
  lhs = std::move(result).value()
