// The reader against every malformed file: an error where there must be one, and never a crash, a hang or greed.
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <vector>

#include "base/utf8.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/gguf/malformed_cases_testing.h"
#include "model_file/temp_folder_testing.h"
#include "runtime/allocation_testing.h"

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

// A header with one key whose value of `type` and `count` elements lies in a hole.
std::string header_with_hole(std::uint32_t type, std::uint64_t count) {
  ByteString head;
  head.put_raw("GGUF").put<std::uint32_t>(3).put<std::uint64_t>(0).put<std::uint64_t>(1);
  return head.put_string("big").put<std::uint32_t>(9).put(type).put(count).str();
}

// What nobody asks for takes no memory, and what is asked for has a bound.
TEST_F(Malformed, HolesInTheLargestHeaderCostNothing) {
  constexpr std::uint64_t kHole = (std::uint64_t{128} << 20) - 100;
  for (const auto& [type, item_bytes] : {std::pair{8u, 8u}, {0u, 1u}, {5u, 4u}, {6u, 4u}, {7u, 1u}, {12u, 8u}}) {
    const std::uint64_t count = kHole / item_bytes;
    const std::string path = folder_.write("hole.gguf", header_with_hole(type, count));
    ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 37), 0);
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    const GgufMetadata& metadata = (*file)->metadata();
    EXPECT_EQ(metadata.n_elements("big"), count);
    for (const Status& status : {metadata.strings("big").status(), metadata.floats("big").status(),
                                 metadata.integers("big").status(), metadata.booleans("big").status()}) {
      EXPECT_FALSE(status.ok());
      EXPECT_TRUE(status.code() == StatusCode::kCorruptData || status.code() == StatusCode::kResourceExhausted);
    }
    EXPECT_TRUE((*file)->identity().ok());
    EXPECT_LT((*file)->memory_bytes(), std::size_t{1} << 10);
    EXPECT_LT(peak_allocated_bytes() - before, std::size_t{16} << 20) << type;
  }
}

TEST_F(Malformed, ALongTextIsReadWhenItIsAskedFor) {
  for (const std::uint64_t n : {std::uint64_t{100}, std::uint64_t{257}, kMaxGgufTextBytes, kMaxGgufTextBytes + 1}) {
    ByteString head;
    head.put_raw("GGUF").put<std::uint32_t>(3).put<std::uint64_t>(0).put<std::uint64_t>(1);
    head.put_string("text").put<std::uint32_t>(8).put(n).put_raw("begin");
    const std::string path = folder_.write("text.gguf", head.str());
    ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 30), 0);
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    EXPECT_LT(peak_allocated_bytes() - before, std::size_t{3} << 20);
    const Result<std::string> text = (*file)->metadata().string("text");
    EXPECT_EQ(text.ok(), n <= kMaxGgufTextBytes);
    if (text.ok()) {
      EXPECT_EQ(*text, "begin" + std::string(n - 5, '\0'));
    } else {
      EXPECT_EQ(text.status().code(), StatusCode::kResourceExhausted);
    }
  }
}

// A length that is possible in the file, of what no file has so long.
TEST_F(Malformed, NoRoomIsMadeForNamesAndKeysThatCannotBe) {
  for (const std::uint64_t n_tensors : {0u, 1u}) {
    ByteString head;
    head.put_raw("GGUF").put<std::uint32_t>(3).put(n_tensors).put<std::uint64_t>(1 - n_tensors);
    head.put<std::uint64_t>(std::uint64_t{100} << 20);
    const std::string path = folder_.write("name.gguf", head.str());
    ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 30), 0);
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    EXPECT_EQ(GgufFile::open(path).status().code(), StatusCode::kCorruptData);
    EXPECT_LT(peak_allocated_bytes() - before, std::size_t{3} << 20);
  }
}

TEST_F(Malformed, KeysHaveABoundTogether) {
  RawGguf raw;
  for (int i = 0; i < 70; ++i) raw.set(std::string(65000, 'a') + std::to_string(i), u32_value(1));
  const auto file = GgufFile::open(folder_.write("keys.gguf", serialize(raw)));
  EXPECT_EQ(file.status().code(), StatusCode::kResourceExhausted) << file.status().to_string();
}

}  // namespace
}  // namespace tenfold
