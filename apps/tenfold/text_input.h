// Text from standard input and files: bounded while it is read, so that no stream, however long, takes the memory of
// the machine.
//
// A descriptor may be shared with a program that made it non-blocking: waiting for more is not the end. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "interrupt.h"
#include "tenfold/status.h"

namespace tenfold::cli {

// How many bytes a text may have, and why no more: "a context of 8192 tokens of at most 128 bytes".
struct TextLimit {
  std::size_t max_bytes;
  std::string reason;
};

// For texts that no context bounds: max_bytes, less on a machine that has little memory left.
//   memory_per_byte:  what the caller takes for each byte, all in all
TextLimit memory_limit(std::size_t max_bytes, std::size_t memory_per_byte);

// What a byte of text takes while it is read, becomes tokens and is what they need in between.
inline constexpr std::size_t kMemoryPerTextByte = 24;

// What came of waiting for a line.
enum class LineStatus { kLine, kEnd, kInterrupted };

class TextInput {
 public:
  static TextInput standard_input() { return {0, "standard input"}; }
  // Errors: kNotFound, kIoError, kInvalidArgument for an empty path.
  static Result<TextInput> open(const std::string& path);
  // The caller keeps the descriptor, which must outlive the object. name: for errors.
  TextInput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~TextInput();
  TextInput(TextInput&& other) noexcept;
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;
  TextInput& operator=(TextInput&&) = delete;

  // Everything up to the end. Errors: kIoError; kResourceExhausted as soon as it is longer than the limit; kCancelled
  // for Ctrl-C, if somebody listens to it.
  Result<std::string> read_all(const TextLimit& limit, const Interrupt* interrupt = nullptr);

  // The next line, without its \n or \r\n; the last one may lack it. Ctrl-C while waiting is kInterrupted.
  // Errors: kIoError; kResourceExhausted as soon as it is longer than the limit: the next call begins after that line.
  Result<LineStatus> read_line(std::string& line, const TextLimit& limit, const Interrupt& interrupt);

  // Whether there is something to read, or the end, within that time.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds time) const;

 private:
  // Until there is something to read, or the end; false if Ctrl-C comes first.
  [[nodiscard]] bool wait(const Interrupt& interrupt) const;
  // Reads what there is behind buffer_; false at the end.
  Result<bool> read_more();
  [[nodiscard]] Status too_long(const TextLimit& limit) const;
  // How much a file still holds; nothing for what is no file.
  [[nodiscard]] std::size_t file_bytes_left() const;

  int fd_;
  std::string name_;
  bool owns_ = false;
  std::string buffer_;       // read, not yet given away
  bool skips_line_ = false;  // the rest of a line that was too long comes next
};

// Whether text may wait on standard input: it is a pipe, a socket or a file, not a terminal or /dev/null.
bool stdin_may_hold_text() noexcept;

// Waits until a descriptor can be read or has ended (kReady), until Ctrl-C, also if it came before: no signal slips
// through between looking and waiting; or until another signal.
enum class Waited { kReady, kInterrupted, kOtherSignal };
Waited wait_for_input(int fd, const Interrupt& interrupt) noexcept;

// The whole of a file.
Result<std::string> read_text_file(const std::string& path, const TextLimit& limit);

}  // namespace tenfold::cli
