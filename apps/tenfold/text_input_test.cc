#include "text_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

namespace tenfold::cli {
namespace {

const TextLimit kLimit{1000, "a test"};

// A pipe whose other end writes pieces and lets the reader wait for each; reading does not block, as a program that
// shares the pipe may have it.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe2(fds_, O_CLOEXEC), 0);
    EXPECT_EQ(fcntl(fds_[0], F_SETFL, O_NONBLOCK), 0);
  }
  ~Pipe() {
    if (writer_.joinable()) writer_.join();
    close(fds_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void write(std::vector<std::string> pieces) {
    writer_ = std::thread([this, pieces = std::move(pieces)] {
      for (const std::string& piece : pieces) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        EXPECT_EQ(::write(fds_[1], piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
      }
      close(fds_[1]);
    });
  }
  TextInput input() { return {fds_[0], "pipe"}; }

 private:
  int fds_[2];
  std::thread writer_;
};

// The lines up to the end.
std::vector<std::string> lines_of(TextInput input, const TextLimit& limit = kLimit) {
  const Interrupt interrupt;
  std::vector<std::string> lines;
  for (std::string line;;) {
    const auto status = input.read_line(line, limit, interrupt);
    if (!status.ok()) {
      lines.emplace_back(status.status().message());
    } else if (*status == LineStatus::kLine) {
      lines.push_back(line);
    } else {
      return lines;
    }
  }
}

using Lines = std::vector<std::string>;

TEST(TextInput, WaitingIsNotTheEnd) {
  Pipe pipe;
  pipe.write({"one ", "two", " three"});
  EXPECT_EQ(pipe.input().read_all(kLimit).value(), "one two three");
}

TEST(TextInput, WaitingIsNotTheEndOfLines) {
  Pipe pipe;
  pipe.write({"on", "e\ntw", "o\r\n\nlast"});
  EXPECT_EQ(lines_of(pipe.input()), (Lines{"one", "two", "", "last"}));
}

TEST(TextInput, AllIsBoundedWhileItIsRead) {
  Pipe fits;
  fits.write({std::string(1000, 'a')});
  EXPECT_EQ(fits.input().read_all(kLimit)->size(), 1000u);
  Pipe pipe;
  pipe.write({std::string(1001, 'a')});
  const auto text = pipe.input().read_all(kLimit);
  EXPECT_EQ(text.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(text.status().message(), "pipe: expected at most 1000 bytes (a test), found more");
}

TEST(TextInput, ALineThatIsTooLongIsSkipped) {
  Pipe pipe;
  pipe.write({"one\n" + std::string(5000, 'a'), std::string(3000, 'a'), "\ntwo\n" + std::string(2000, 'b')});
  const std::string refusal = "pipe: expected at most 1000 bytes (a test), found more";
  EXPECT_EQ(lines_of(pipe.input()), (Lines{"one", refusal, "two", refusal}));
}

TEST(TextInput, CtrlCEndsWaitingEvenIfItCameBefore) {
  Pipe pipe;
  TextInput input = pipe.input();
  std::signal(SIGINT,
              SIG_DFL);  // a shell starts what runs in the background with Ctrl-C ignored, and Interrupt keeps to it
  const Interrupt interrupt;
  std::raise(SIGINT);
  std::string line;
  EXPECT_EQ(input.read_line(line, kLimit, interrupt).value(), LineStatus::kInterrupted);
  EXPECT_EQ(input.read_all(kLimit, &interrupt).status().code(), StatusCode::kCancelled);
  pipe.write({});
}

TEST(TextInput, Files) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / "text_input_test").string();
  std::ofstream(path) << "text";
  EXPECT_EQ(read_text_file(path, kLimit).value(), "text");
  EXPECT_EQ(read_text_file(path, {3, "a test"}).status().code(), StatusCode::kResourceExhausted);
  std::filesystem::remove(path);
  EXPECT_EQ(read_text_file(path, kLimit).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(read_text_file("", kLimit).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(read_text_file("/", kLimit).status().code(), StatusCode::kIoError);
}

TEST(TextInput, LittleMemoryMakesTheLimitSmaller) {
  EXPECT_EQ(memory_limit(10, 1).max_bytes, 10u);
  EXPECT_EQ(memory_limit(1000, std::size_t{1} << 60).max_bytes, 0u);
}

}  // namespace
}  // namespace tenfold::cli
