#include "model_file/header_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

TEST(HeaderReader, ReadsNumbersAndStringsInSequence) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("h", std::string("\x01\x02\x03\0\0\0\0\0\0\0abc\xff", 14)));
  ASSERT_TRUE(file.ok());
  HeaderReader reader(*file, kNoLimit);
  std::uint16_t number = 0;
  ASSERT_TRUE(reader.read(number).ok());
  EXPECT_EQ(number, 0x0201);
  std::uint64_t length = 0;
  std::string text;
  ASSERT_TRUE(reader.read_length(length).ok());
  ASSERT_TRUE(reader.read_text(text, length).ok());
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(reader.position(), 13u);
  EXPECT_EQ(reader.remaining(), 1u);
  const Status status = reader.read(number);
  EXPECT_EQ(status.code(), StatusCode::kCorruptData);
  EXPECT_EQ(status.message(), "expected 2 bytes at byte 13, found 1 to the end of the file");
}

// Strings of all sizes around those of the window, so that each way of reading meets each edge.
TEST(HeaderReader, CrossesTheWindowAnywhere) {
  const TempFolder folder;
  std::string bytes;
  std::vector<std::string> texts;
  for (const std::size_t size :
       {0ul, 1ul, 100ul, 700000ul, 400000ul, 1048576ul, 1048575ul, 3000000ul, 7ul, 1048577ul, 8ul}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + size);
    const std::uint64_t length = size;
    bytes.append(reinterpret_cast<const char*>(&length), sizeof(length)).append(text);
    texts.push_back(text);
  }
  const auto file = PreadFile::open(folder.write("h", bytes));
  ASSERT_TRUE(file.ok());
  HeaderReader reader(*file, kNoLimit);
  for (const std::string& expected : texts) {
    std::uint64_t length = 0;
    std::string text;
    ASSERT_TRUE(reader.read_length(length).ok());
    ASSERT_TRUE(reader.read_text(text, length).ok());
    EXPECT_TRUE(text == expected) << expected.size();
  }
  EXPECT_EQ(reader.remaining(), 0u);
  HeaderReader skipping(*file, kNoLimit);
  for (const std::string& skipped : texts) {
    const std::uint64_t end = skipping.position() + sizeof(std::uint64_t) + skipped.size();
    ASSERT_TRUE(skipping.skip_text().ok());
    EXPECT_EQ(skipping.position(), end);
  }
  EXPECT_EQ(skipping.skip(1).code(), StatusCode::kCorruptData);
}

TEST(HeaderReader, ATextMayNotBeLongerThanItsFile) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("h", std::string("\x03\0\0\0\0\0\0\0ab", 10)));
  ASSERT_TRUE(file.ok());
  std::uint64_t length = 0;
  EXPECT_EQ(HeaderReader(*file, kNoLimit).read_length(length).code(), StatusCode::kCorruptData);
  EXPECT_EQ(HeaderReader(*file, kNoLimit).skip_text().code(), StatusCode::kCorruptData);
}

TEST(HeaderReader, AsksForRoomBeforeMemory) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("h", std::string(80, '\0')));
  ASSERT_TRUE(file.ok());
  const HeaderReader reader(*file, kNoLimit);
  EXPECT_TRUE(reader.check_room(10, 8).ok());
  EXPECT_EQ(reader.check_room(11, 8).code(), StatusCode::kCorruptData);
  EXPECT_EQ(reader.check_room(std::uint64_t{1} << 61, 8).code(), StatusCode::kCorruptData);
}

TEST(HeaderReader, StopsAtItsLimit) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("h", std::string(100, '\0')));
  ASSERT_TRUE(file.ok());
  HeaderReader reader(*file, 10);
  std::uint64_t number = 1;
  ASSERT_TRUE(reader.read(number).ok());
  const Status status = reader.read(number);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "expected a header of at most 10 bytes, found 8 bytes at byte 8");
}

TEST(HeaderReader, SeesAFileShrinkBetweenTwoWindows) {
  const TempFolder folder;
  const std::string path = folder.write("h", std::string(5000000, '\0'));
  const auto file = PreadFile::open(path);
  ASSERT_TRUE(file.ok());
  HeaderReader reader(*file, kNoLimit);
  std::uint8_t byte = 0;
  ASSERT_TRUE(reader.read(byte).ok());
  ASSERT_EQ(::truncate(path.c_str(), 1500000), 0);
  std::vector<std::byte> block(1000000);
  ASSERT_TRUE(reader.read_bytes(block).ok());  // in the window
  EXPECT_EQ(reader.read_bytes(block).code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tenfold
