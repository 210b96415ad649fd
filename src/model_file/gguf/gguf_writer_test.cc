#include "model_file/gguf/gguf_writer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/cat.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/gguf_copy_testing.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

class GgufWriterTest : public testing::Test {
 protected:
  Status create_status(std::vector<GgufEntry> entries, std::vector<GgufTensor> tensors) {
    const auto writer =
        GgufWriter::create(folder_.path("out.gguf"), GgufMetadata(std::move(entries)), std::move(tensors));
    return writer.status();
  }
  long n_files() const { return std::ssize(files_in(folder_)); }
  TempFolder folder_;
};

TEST_F(GgufWriterTest, WritesWhatTheReaderReads) {
  for (const auto& [version, alignment] : {std::pair(3, 1u), {3, 32u}, {2, 32u}, {3, 256u}}) {
    RawGguf raw = tiny_gguf();
    raw.alignment = alignment;
    raw.set("general.alignment", u32_value(alignment));
    const auto original = GgufFile::open(folder_.write("in.gguf", serialize(raw)));
    ASSERT_TRUE(original.ok()) << original.status().to_string();
    for (const std::size_t piece : {std::size_t{7}, std::size_t{1} << 20}) {
      copy(**original, folder_.path("out.gguf"), {.version = version}, piece);
      const auto written = GgufFile::open(folder_.path("out.gguf"));
      ASSERT_TRUE(written.ok()) << written.status().to_string();
      EXPECT_EQ((*written)->version(), version);
      EXPECT_EQ((*written)->alignment(), alignment);
      ASSERT_EQ((*written)->metadata().entries().size(), (*original)->metadata().entries().size());
      for (std::size_t i = 0; i < raw.entries.size(); ++i) {
        EXPECT_EQ((*written)->metadata().entries()[i].key, (*original)->metadata().entries()[i].key);
        EXPECT_TRUE(*same_value((*written)->metadata().entries()[i].value, (*original)->metadata().entries()[i].value));
      }
      ASSERT_EQ((*written)->tensors().size(), raw.tensors.size());
      for (std::size_t i = 0; i < raw.tensors.size(); ++i) {
        const GgufTensor& tensor = (*written)->tensors()[i];
        EXPECT_EQ(tensor.name, raw.tensors[i].name);
        EXPECT_EQ(tensor.dims, (*original)->tensors()[i].dims);
        EXPECT_EQ(tensor.offset % alignment, 0u);
        EXPECT_TRUE(data_of(**written, tensor) == raw.tensors[i].data);
      }
    }
  }
}

TEST_F(GgufWriterTest, WritesEveryValueType) {
  const std::vector<GgufEntry> entries = {
      {"u8", GgufScalar(std::uint8_t{1})},
      {"i8", GgufScalar(std::int8_t{-1})},
      {"u16", GgufScalar(std::uint16_t{1})},
      {"i16", GgufScalar(std::int16_t{-1})},
      {"u32", GgufScalar(std::uint32_t{1})},
      {"i32", GgufScalar(std::int32_t{-1})},
      {"f32", GgufScalar(1.5f)},
      {"bool", GgufScalar(true)},
      {"string", GgufScalar(std::string("x\0y", 3))},
      {"u64", GgufScalar(std::uint64_t{1})},
      {"i64", GgufScalar(std::int64_t{-1})},
      {"f64", GgufScalar(2.5)},
      {"bools", GgufArray(std::vector<bool>{true, false, true})},
      {"strings", GgufArray(std::vector<std::string>{"", "abc"})},
      {"u8s", GgufArray(std::vector<std::uint8_t>{1, 2})},
      {"f64s", GgufArray(std::vector<double>{1, 2})},
      {"empty", GgufArray(std::vector<std::int16_t>{})},
  };
  auto writer = GgufWriter::create(folder_.path("out.gguf"), GgufMetadata(entries), {});
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  ASSERT_TRUE((*writer)->finish().ok());
  const auto file = GgufFile::open(folder_.path("out.gguf"));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  ASSERT_EQ((*file)->metadata().entries().size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_TRUE(*same_value((*file)->metadata().entries()[i].value, entries[i].value)) << entries[i].key;
  }
}

TEST_F(GgufWriterTest, KnowsWhatItWillWrite) {
  auto writer =
      GgufWriter::create(folder_.path("out.gguf"), GgufMetadata({}), {tensor("a", 0, {3}), tensor("b", 2, {32, 5})});
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  EXPECT_EQ((*writer)->tensors()[0].n_bytes, 12u);
  EXPECT_EQ((*writer)->tensors()[1].n_bytes, 90u);
  EXPECT_EQ((*writer)->tensors()[1].offset, (*writer)->tensors()[0].offset + 32);
}

TEST_F(GgufWriterTest, WantsAllDataAndNoMore) {
  const std::string path = folder_.path("out.gguf");
  {
    auto writer = GgufWriter::create(path, GgufMetadata({}), {tensor("a", 24, {4}), tensor("b", 24, {4})});
    ASSERT_TRUE(writer.ok());
    EXPECT_EQ((*writer)->write(bytes_of("aaaab")).code(), StatusCode::kInvalidArgument);
    ASSERT_TRUE((*writer)->write(bytes_of("aaaa")).ok());
    ASSERT_TRUE((*writer)->write(bytes_of("bb")).ok());
    const Status early = (*writer)->finish();
    EXPECT_EQ(early.code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(early.message(), "tensor b: expected 4 bytes before the file is finished, found 2");
    EXPECT_FALSE(std::filesystem::exists(path));
    ASSERT_TRUE((*writer)->write(bytes_of("bb")).ok());
    EXPECT_EQ((*writer)->write(bytes_of("c")).code(), StatusCode::kInvalidArgument);
    ASSERT_TRUE((*writer)->finish().ok());
    EXPECT_EQ((*writer)->finish().code(), StatusCode::kFailedPrecondition);
  }
  EXPECT_TRUE(GgufFile::open(path).ok());
  {
    auto dropped = GgufWriter::create(folder_.path("other.gguf"), GgufMetadata({}), {tensor("a", 24, {4})});
  }
  EXPECT_EQ(n_files(), 1);
}

TEST_F(GgufWriterTest, WritesNothingThatTheReaderWouldRefuse) {
  const GgufEntry fine{"key", GgufScalar(true)};
  EXPECT_EQ(create_status({fine, fine}, {}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({{"", GgufScalar(true)}}, {}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({{"\xff", GgufScalar(true)}}, {}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({{"general.alignment", GgufScalar(std::uint64_t{32})}}, {}).code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({{"general.alignment", GgufScalar(std::uint32_t{33})}}, {}).code(),
            StatusCode::kInvalidArgument);

  EXPECT_EQ(create_status({}, {tensor("a", 0, {1}), tensor("a", 0, {1})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("", 0, {1})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor(std::string(64, 'x'), 0, {1})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 0, {})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 0, {1, 1, 1, 1, 1})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 0, {0})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 2, {33})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 0, {1ull << 62, 2})}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(create_status({}, {tensor("a", 777, {1})}).code(), StatusCode::kUnsupported);
  std::vector<GgufTensor> huge;
  for (int i = 0; i < 4; ++i) huge.push_back(tensor(cat("t", i), 24, {(1ull << 63) - 1}));
  EXPECT_EQ(create_status({}, huge).code(), StatusCode::kInvalidArgument);

  for (const int version : {-1, 0, 1, 4}) {
    const auto writer = GgufWriter::create(folder_.path("out.gguf"), GgufMetadata({}), {}, {.version = version});
    EXPECT_EQ(writer.status().code(), StatusCode::kInvalidArgument) << version;
  }
  for (const std::string& path : {std::string(), folder_.path("")}) {
    EXPECT_EQ(GgufWriter::create(path, GgufMetadata({}), {}).status().code(), StatusCode::kInvalidArgument) << path;
  }
  EXPECT_EQ(n_files(), 0);
}

}  // namespace
}  // namespace tenfold
