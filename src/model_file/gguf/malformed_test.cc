// The reader against every malformed file: an error where there must be one, and never a crash, a hang or greed.
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <vector>

#include "base/utf8.h"
#include "model_file/allocation_peak.h"
#include "model_file/gguf/gguf_bytes.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/gguf/malformed_cases.h"
#include "model_file/temp_folder.h"

namespace tenfold {
namespace {

// What a file of any size may take: far below the 1 GB that nothing may, far above what these small files need.
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr double kMaxCpuSeconds = 2;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Reads all that an opened file says it has.
Status read_everything(const GgufFile& file) {
  std::vector<std::byte> data;
  for (const GgufTensor& tensor : file.tensors()) {
    data.resize(tensor.n_bytes);
    TENFOLD_RETURN_IF_ERROR(file.read(tensor, 0, data));
  }
  return {};
}

class Malformed : public testing::Test {
 protected:
  // Opens the first of the case's files and reads what can be read. The status of opening.
  Status open(const MalformedCase& test) {
    std::string first;
    for (const auto& [name, bytes] : test.files) {
      const std::string path = folder_.write(name, bytes);
      if (first.empty()) first = path;
    }
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    const double begin = cpu_seconds();
    Status status;
    {
      const Result<std::unique_ptr<GgufFile>> file = GgufFile::open(first);
      status = file.status();
      if (file.ok()) {
        const Status read = read_everything(**file);
        EXPECT_TRUE(read.ok()) << test.name << ": " << read.to_string();
      }
    }
    EXPECT_LT(cpu_seconds() - begin, kMaxCpuSeconds) << test.name;
    EXPECT_LT(peak_allocated_bytes() - before, kMaxBytes) << test.name;
    EXPECT_LT(largest_request_bytes(), kMaxBytes) << test.name;
    for (const auto& [name, bytes] : test.files) std::filesystem::remove(folder_.path(name));
    return status;
  }

  TempFolder folder_;
};

TEST_F(Malformed, TheWatchSeesAllocations) {
  reset_allocation_peak();
  const std::size_t before = allocated_bytes();
  {
    const std::vector<char> block(std::size_t{100} << 20);
  }
  EXPECT_GT(peak_allocated_bytes() - before, kMaxBytes);
  EXPECT_GT(largest_request_bytes(), kMaxBytes);
  EXPECT_LT(allocated_bytes(), before + (std::size_t{1} << 20));
}

TEST_F(Malformed, TheTinyModelItselfIsFine) {
  const MalformedCase good{"good", MalformedAt::kNowhere, {{"model.gguf", serialize(tiny_gguf())}}};
  const Status status = open(good);
  EXPECT_TRUE(status.ok()) << status.to_string();
}

TEST_F(Malformed, EveryCaseEndsWell) {
  const std::vector<MalformedCase> cases = malformed_gguf_cases();
  std::size_t n_errors = 0;
  for (const MalformedCase& test : cases) {
    const Status status = open(test);
    EXPECT_FALSE(status.ok() && test.at == MalformedAt::kFile) << test.name << ": opened";
    if (status.ok()) continue;
    ++n_errors;
    const std::string message(status.message());
    EXPECT_NE(status.code(), StatusCode::kInternal) << test.name << ": " << message;
    EXPECT_NE(status.code(), StatusCode::kIoError) << test.name << ": " << message;
    EXPECT_EQ(message.find("out of memory"), std::string::npos) << test.name;
    EXPECT_NE(message.find(".gguf: "), std::string::npos) << test.name << ": names no file: " << message;
    EXPECT_LT(message.size(), 1000u) << test.name << ": " << message;
    EXPECT_TRUE(is_valid_utf8(message)) << test.name;
  }
  EXPECT_GE(cases.size(), 300u);
  EXPECT_GE(n_errors, 300u);
}

TEST_F(Malformed, NamesAreDifferent) {
  std::set<std::string> names;
  for (const MalformedCase& test : malformed_gguf_cases()) EXPECT_TRUE(names.insert(test.name).second) << test.name;
}

TEST_F(Malformed, CutAtEveryByte) {
  const std::string good = serialize(tiny_gguf());
  const std::string path = folder_.write("cut.gguf", good);
  for (std::size_t n = good.size(); n-- > 0;) {
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(n)), 0);
    const auto file = GgufFile::open(path);
    ASSERT_FALSE(file.ok()) << n;
    ASSERT_EQ(file.status().code(), StatusCode::kCorruptData) << n << ": " << file.status().to_string();
  }
}

// A file of holes, as large as a disk, costs nothing to make; its empty strings would take all memory.
TEST_F(Malformed, AHeaderMayNotBeAsLargeAsADisk) {
  for (const std::uint32_t type : {8u, 0u, 10u}) {
    const std::uint64_t count = std::uint64_t{1} << 33;
    ByteString head;
    head.put_raw("GGUF").put<std::uint32_t>(3).put<std::uint64_t>(0).put<std::uint64_t>(1);
    head.put_string("big").put<std::uint32_t>(9).put(type).put(count);
    const std::string path = folder_.write("holes.gguf", head.str());
    ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 37), 0);
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    const auto file = GgufFile::open(path);
    EXPECT_EQ(file.status().code(), StatusCode::kResourceExhausted) << file.status().to_string();
    EXPECT_LT(peak_allocated_bytes() - before, kMaxBytes);
  }
}

// The most that a header under the limit can ask for.
TEST_F(Malformed, TheLargestHeaderStaysBelowAGigabyte) {
  const std::uint64_t count = (std::uint64_t{128} << 20) / 8 - 100;
  ByteString head;
  head.put_raw("GGUF").put<std::uint32_t>(3).put<std::uint64_t>(0).put<std::uint64_t>(1);
  head.put_string("big").put<std::uint32_t>(9).put<std::uint32_t>(8).put(count);
  const std::string path = folder_.write("strings.gguf", head.str());
  ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 37), 0);
  reset_allocation_peak();
  const std::size_t before = allocated_bytes();
  const auto file = GgufFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ((*file)->metadata().strings("big")->size(), count);
  EXPECT_LT(peak_allocated_bytes() - before, std::size_t{1} << 30);
}

}  // namespace
}  // namespace tenfold
