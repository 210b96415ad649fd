#include "model_file/lfs_pointer.h"

#include <gtest/gtest.h>

#include "model_file/gguf/gguf_file.h"
#include "model_file/safetensors/safetensors_file.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

constexpr std::string_view kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

TEST(LfsPointer, IsNamedInThePlaceOfAModel) {
  const TempFolder folder;
  const Status gguf = GgufFile::open(folder.write("model.gguf", kPointer)).status();
  EXPECT_EQ(gguf.code(), StatusCode::kCorruptData);
  EXPECT_TRUE(gguf.message().starts_with("model.gguf: expected the file itself, found a Git LFS pointer"))
      << gguf.to_string();
  const Status weights = SafetensorsFile::open(folder.write("model.safetensors", kPointer)).status();
  EXPECT_EQ(weights.code(), StatusCode::kCorruptData);
  EXPECT_TRUE(weights.message().starts_with("model.safetensors: expected the file itself, found a Git LFS pointer"))
      << weights.to_string();
}

TEST(LfsPointer, NothingElseIsOne) {
  const TempFolder folder;
  const auto check = [&](std::string_view text) {
    return expect_no_lfs_pointer(PreadFile::open(folder.write("file", text)).value());
  };
  EXPECT_FALSE(check(kPointer).ok());
  EXPECT_TRUE(check("").ok());
  EXPECT_TRUE(check("version 1").ok());
  EXPECT_TRUE(check(kPointer.substr(1)).ok());
  EXPECT_TRUE(check(std::string(kPointer) + std::string(2000, ' ')).ok()) << "pointers are short";
}

}  // namespace
}  // namespace tenfold
