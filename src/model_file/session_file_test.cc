#include "model_file/session_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "base/cat.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

// Five tokens, of which four are an image, in two blocks.
SessionSizes some_sizes() {
  return {.n_tokens = 5,
          .n_images = 1,
          .n_blocks = 2,
          .origin_bytes = 6,
          .row_bytes = 12,
          .n_image_tokens = 4,
          .note_bytes = 4,
          .kv_bytes = 128};
}

const std::vector<std::pair<std::string, std::string>>& sections() {
  static const std::string image("\1\0\0\0\2\0\0\0\2\0\0\0\x38\0\0\0\x38\0\0\0\0\0\0\0hash of pixels..", 40);
  static const std::vector<std::pair<std::string, std::string>> all = {{"origin", "origin"},
                                                                       {"note", "note"},
                                                                       {"tokens", std::string(20, 't')},
                                                                       {"images", image},
                                                                       {"image 0", std::string(48, 'r')},
                                                                       {"keys and values 0", std::string(64, 'a')},
                                                                       {"keys and values 1", std::string(64, 'b')}};
  return all;
}

Status write_sections(SessionFileWriter& file) {
  for (const auto& [name, text] : sections()) {
    const auto bytes = bytes_of(text);
    TENFOLD_RETURN_IF_ERROR(file.write_piece(bytes.first(3)));
    TENFOLD_RETURN_IF_ERROR(file.write_piece(bytes.subspan(3)));
    TENFOLD_RETURN_IF_ERROR(file.end_section());
  }
  return file.commit();
}

Status write_file(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const auto file, SessionFileWriter::create(path, some_sizes()));
  return write_sections(*file);
}

// What is in its sections.
Result<std::string> read_file(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(SessionFileReader file, SessionFileReader::open(path));
  std::string all;
  for (const auto& [name, text] : sections()) {
    std::string bytes(text.size(), '\0');
    TENFOLD_RETURN_IF_ERROR(file.read(name, std::as_writable_bytes(std::span(bytes))));
    all += bytes;
  }
  return all;
}

std::string expected_text() {
  std::string all;
  for (const auto& [name, text] : sections()) all += text;
  return all;
}

TEST(SessionFileTest, WhatIsWrittenIsRead) {
  const TempFolder folder;
  const std::string path = folder.path("chat.session");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write_file(path).ok());  // the second replaces the first
  EXPECT_EQ(std::filesystem::file_size(path), some_sizes().file_bytes());
  const auto all = read_file(path);
  ASSERT_TRUE(all.ok()) << all.status().to_string();
  EXPECT_EQ(*all, expected_text());
}

// Every byte of the file, and every place to cut it off.
TEST(SessionFileTest, DamageIsNamed) {
  const TempFolder folder;
  const std::string path = folder.path("chat.session");
  ASSERT_TRUE(write_file(path).ok());
  const std::string whole = contents(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    const Status status = read_file(folder.write("flipped", flipped)).status();
    const bool is_format = i >= 8 && i < 12;
    EXPECT_EQ(status.code(), is_format ? StatusCode::kUnsupported : StatusCode::kCorruptData) << i;
    EXPECT_TRUE(status.message().starts_with("flipped: ")) << status.to_string();
    const Status cut = read_file(folder.write("cut", whole.substr(0, i))).status();
    EXPECT_EQ(cut.code(), StatusCode::kCorruptData) << i;
  }
  std::size_t at = 64;
  for (const auto& [name, text] : sections()) {
    std::string flipped = whole;
    flipped[at] ^= 1;
    const Status status = read_file(folder.write("flipped", flipped)).status();
    EXPECT_TRUE(status.message().starts_with(cat("flipped: ", name, ": expected"))) << status.to_string();
    at += text.size() + 8;
  }
  EXPECT_EQ(read_file(folder.write("longer", whole + "x")).status().code(), StatusCode::kCorruptData);
}

// The same header and sizes: only what is before a block tells whose it is.
TEST(SessionFileTest, BlocksInAnotherOrderAreNoticed) {
  const TempFolder folder;
  const std::string path = folder.path("chat.session");
  ASSERT_TRUE(write_file(path).ok());
  std::string bytes = contents(path);
  const std::size_t last = bytes.size() - 72, before = last - 72;
  std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(before),
                   bytes.begin() + static_cast<std::ptrdiff_t>(last),
                   bytes.begin() + static_cast<std::ptrdiff_t>(last));
  const Status status = read_file(folder.write("swapped", bytes)).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruptData);
  EXPECT_NE(status.message().find("keys and values 0"), std::string_view::npos) << status.to_string();
}

TEST(SessionFileTest, SizesOutOfBoundsAreRefused) {
  const auto message = [](void (*change)(SessionSizes&)) {
    SessionSizes sizes = some_sizes();
    change(sizes);
    const Status status = sizes.check();
    EXPECT_EQ(status.code(), StatusCode::kCorruptData);
    return std::string(status.message());
  };
  EXPECT_EQ(message([](SessionSizes& s) { s.n_tokens = (1 << 22) + 1; }),
            "header: expected at most 4194304 tokens, found 4194305");
  EXPECT_NE(message([](SessionSizes& s) { s.n_images = 6; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.n_image_tokens = 6; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.n_blocks = 81; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.n_blocks = 0; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.kv_bytes = 0; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.kv_bytes = ~std::uint64_t{0}; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.note_bytes = (std::uint64_t{64} << 20) + 1; }), "");
  EXPECT_NE(message([](SessionSizes& s) { s.origin_bytes = ~0U; }), "");
}

TEST(SessionFileTest, ImagesLieWithinTheTokensInTheirOrder) {
  const SessionSizes sizes = some_sizes();
  const auto image = [](std::uint32_t begin, std::uint32_t rows, std::uint32_t columns) {
    SavedImage image;
    image.begin = begin;
    image.rows = rows;
    image.columns = columns;
    return image;
  };
  const auto code = [&](std::vector<SavedImage> images) { return check_saved_images(images, sizes).code(); };
  EXPECT_EQ(code({image(1, 2, 2)}), StatusCode::kOk);
  EXPECT_EQ(code({image(2, 2, 2)}), StatusCode::kCorruptData);
  EXPECT_EQ(code({image(5, 2, 2)}), StatusCode::kCorruptData);
  EXPECT_EQ(code({image(1, 2, 0)}), StatusCode::kCorruptData);
  EXPECT_EQ(code({image(1, ~0U, ~0U)}), StatusCode::kCorruptData);
  EXPECT_EQ(code({image(1, 2, 1)}), StatusCode::kCorruptData) << "fewer than the sizes say";
  EXPECT_EQ(code({image(0, 1, 2), image(2, 2, 1)}), StatusCode::kOk);
  EXPECT_EQ(code({image(0, 1, 2), image(1, 2, 1)}), StatusCode::kCorruptData);
  SavedImage large = image(1, 2, 2);
  large.width = ~0U;
  EXPECT_EQ(code({large}), StatusCode::kCorruptData);
}

TEST(SessionFileTest, OnlyASavedSessionIsReplaced) {
  const TempFolder folder;
  const std::string model = folder.write("model.gguf", "GGUF and more");
  EXPECT_EQ(write_file(model).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(contents(model), "GGUF and more");
  EXPECT_EQ(read_file(model).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(write_file(folder.folder()).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(read_file(folder.folder()).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(write_file(folder.path("missing/chat.session")).code(), StatusCode::kNotFound);
  EXPECT_EQ(read_file(folder.path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(write_file("/dev/null").code(), StatusCode::kInvalidArgument);
}

TEST(SessionFileTest, AFullDiskLeavesTheOldFile) {
  const TempFolder folder;
  const std::string path = folder.path("chat.session");
  ASSERT_TRUE(write_file(path).ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_file(path);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), StatusCode::kIoError) << status.to_string();
  const auto all = read_file(path);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(*all, expected_text());
}

}  // namespace
}  // namespace tenfold
