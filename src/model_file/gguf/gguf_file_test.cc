#include "model_file/gguf/gguf_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/gguf/tensor_records.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

std::string data_of(const GgufFile& file, std::string_view name) {
  const GgufTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) return "no such tensor";
  std::string data(tensor->n_bytes, '\0');
  const Status status = file.read(*tensor, 0, std::as_writable_bytes(std::span(data)));
  return status.ok() ? data : status.to_string();
}

TEST(GgufFile, ReadsWhatTheFileSays) {
  const TempFolder folder;
  const RawGguf raw = tiny_gguf();
  for (const std::uint32_t version : {2u, 3u}) {
    RawGguf versioned = raw;
    versioned.version = version;
    const auto opened = GgufFile::open(folder.write("tiny.gguf", serialize(versioned)));
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    const GgufFile& file = **opened;
    EXPECT_EQ(file.version(), static_cast<int>(version));
    EXPECT_EQ(file.alignment(), 32u);
    EXPECT_EQ(file.file_bytes(), serialize(raw).size());
    ASSERT_EQ(file.metadata().entries().size(), raw.entries.size());
    EXPECT_EQ(file.metadata().entries()[0].key, "general.architecture");
    EXPECT_EQ(*file.metadata().string("general.architecture"), "llama");
    EXPECT_EQ(*file.metadata().unsigned_integer("llama.embedding_length"), 32u);
    EXPECT_EQ(*file.metadata().real("llama.attention.layer_norm_rms_epsilon"), double{1e-5f});
    EXPECT_EQ(file.metadata().strings("tokenizer.ggml.tokens")->size(), 258u);
    EXPECT_EQ((*file.metadata().strings("tokenizer.ggml.tokens"))[256], "<|end|>");
    EXPECT_EQ((*file.metadata().integers("tokenizer.ggml.token_type"))[256], 3);
    ASSERT_EQ(file.tensors().size(), raw.tensors.size());
    for (std::size_t i = 0; i < raw.tensors.size(); ++i) {
      const GgufTensor& tensor = file.tensors()[i];
      EXPECT_EQ(tensor.name, raw.tensors[i].name);
      EXPECT_EQ(tensor.ggml_type, raw.tensors[i].type);
      EXPECT_EQ(tensor.n_dims, static_cast<int>(raw.tensors[i].dims.size()));
      EXPECT_EQ(tensor.dims[0], raw.tensors[i].dims[0]);
      EXPECT_EQ(tensor.dims[1], tensor.n_dims == 2 ? raw.tensors[i].dims[1] : 1u);
      EXPECT_TRUE(tensor.dtype().ok());
      EXPECT_TRUE(data_of(file, tensor.name) == raw.tensors[i].data) << tensor.name;
    }
    EXPECT_EQ(file.find_tensor("nonsuch"), nullptr);
    EXPECT_EQ(file.find_tensor(""), nullptr);
  }
}

TEST(GgufFile, ReadsEveryValueType) {
  RawGguf raw;
  raw.set("u8", ByteString().put(0u).put(std::uint8_t{200}).str());
  raw.set("i8", ByteString().put(1u).put(std::int8_t{-100}).str());
  raw.set("u16", u16_value(60000)).set("i16", ByteString().put(3u).put(std::int16_t{-30000}).str());
  raw.set("u32", u32_value(4000000000u)).set("i32", i32_value(-2000000000)).set("f32", f32_value(-0.5f));
  raw.set("bool", ByteString().put(7u).put(std::uint8_t{1}).str()).set("text", string_value("héllo"));
  raw.set("u64", u64_value(~0ull)).set("i64", ByteString().put(11u).put(std::int64_t{-1}).str());
  raw.set("f64", ByteString().put(12u).put(1e-300).str());
  raw.set("bools", ByteString().put(9u).put(7u).put(std::uint64_t{2}).put(std::uint8_t{0}).put(std::uint8_t{1}).str());
  raw.set("texts", strings_value({"", "a"})).set("i32s", i32s_value({1, -2})).set("none", f32s_value({}));
  const TempFolder folder;
  const auto file = GgufFile::open(folder.write("types.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const GgufMetadata& m = (*file)->metadata();
  EXPECT_EQ(*m.integer("u8"), 200);
  EXPECT_EQ(*m.integer("i8"), -100);
  EXPECT_EQ(*m.integer("u16"), 60000);
  EXPECT_EQ(*m.integer("i16"), -30000);
  EXPECT_EQ(*m.integer("u32"), 4000000000);
  EXPECT_EQ(*m.integer("i32"), -2000000000);
  EXPECT_EQ(*m.real("f32"), -0.5);
  EXPECT_TRUE(*m.boolean("bool"));
  EXPECT_EQ(*m.string("text"), "héllo");
  EXPECT_EQ(*m.unsigned_integer("u64"), ~0ull);
  EXPECT_EQ(*m.integer("i64"), -1);
  EXPECT_EQ(*m.real("f64"), 1e-300);
  EXPECT_EQ(*m.booleans("bools"), (std::vector<bool>{false, true}));
  EXPECT_EQ((*m.strings("texts"))[1], "a");
  EXPECT_EQ(*m.integers("i32s"), (std::vector<std::int64_t>{1, -2}));
  EXPECT_TRUE(m.floats("none")->empty());
}

TEST(GgufFile, ReadsRangesAndRefusesOthers) {
  const TempFolder folder;
  const RawGguf raw = tiny_gguf();
  const auto file = GgufFile::open(folder.write("tiny.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok());
  const GgufTensor& tensor = *(*file)->find_tensor("blk.0.attn_q.weight");
  std::string out(34, '\0');
  ASSERT_TRUE((*file)->read(tensor, 68, std::as_writable_bytes(std::span(out))).ok());
  EXPECT_EQ(out, raw.tensors[2].data.substr(68, 34));
  EXPECT_TRUE((*file)->read(tensor, tensor.n_bytes, {}).ok());
  for (const std::uint64_t begin : {tensor.n_bytes - 33, tensor.n_bytes, ~std::uint64_t{0} - 10}) {
    const Status status = (*file)->read(tensor, begin, std::as_writable_bytes(std::span(out)));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find("blk.0.attn_q.weight"), std::string_view::npos);
  }
  GgufTensor foreign = tensor;
  foreign.part = 7;
  EXPECT_EQ((*file)->read(foreign, 0, std::as_writable_bytes(std::span(out))).code(), StatusCode::kInvalidArgument);
}

TEST(GgufFile, AFileThatShrinksIsAnError) {
  const TempFolder folder;
  const std::string path = folder.write("tiny.gguf", serialize(tiny_gguf()));
  const auto file = GgufFile::open(path);
  ASSERT_TRUE(file.ok());
  const GgufTensor& last = (*file)->tensors().back();
  ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(last.offset + 5)), 0);
  std::string out(last.n_bytes, '\0');
  const Status status = (*file)->read(last, 0, std::as_writable_bytes(std::span(out)));
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(status.message().starts_with("tiny.gguf: tensor output_norm.weight: expected 128 bytes at byte"))
      << status.message();
}

TEST(GgufFile, SaysWhatItFoundInstead) {
  using namespace std::string_literals;
  const TempFolder folder;
  const auto message = [&](std::string_view bytes) {
    return std::string(GgufFile::open(folder.write("x.gguf", bytes)).status().message());
  };
  EXPECT_EQ(message("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s),
            "x.gguf: expected a GGUF file, which begins with \"GGUF\", found "
            "\"\\x89PNG\\x0d\\x0a\\x1a\\x0a\\x00\\x00\\x00\\x0dIHDR\"");
  EXPECT_EQ(message(""), "x.gguf: expected a GGUF file, found an empty file");
  EXPECT_EQ(message("GGUF\0\0\0\3"s + std::string(16, '\0')),
            "x.gguf: expected a little-endian GGUF file, found a big-endian one (version 3)");
  EXPECT_EQ(message("GGUF\4\0\0\0"s + std::string(16, '\0')), "x.gguf: expected GGUF version 2 or 3, found version 4");
  EXPECT_EQ(GgufFile::open(folder.folder()).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(GgufFile::open(folder.path("nonsuch.gguf")).status().code(), StatusCode::kNotFound);
}

// inspect and tokenize work on files that no executor could run.
TEST(GgufFile, OpensWhatItCannotCompute) {
  const TempFolder folder;
  RawGguf raw = tiny_gguf();
  raw.tensors.resize(3);
  raw.tensors[0] = {"known", {256, 2}, 16, std::string(132, 'x'), {}};     // IQ2_XXS
  raw.tensors[1] = {"unknown", {1000, 7}, 777, std::string(10, 'x'), {}};  // of a size that nobody knows
  const auto file = GgufFile::open(folder.write("other.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const GgufTensor& known = (*file)->tensors()[0];
  EXPECT_EQ(known.n_bytes, 132u);
  EXPECT_EQ(known.dtype().status().code(), StatusCode::kUnsupported);
  EXPECT_NE(known.dtype().status().message().find("tensor known: "), std::string_view::npos);
  EXPECT_NE(known.dtype().status().message().find("found IQ2_XXS (16)"), std::string_view::npos);
  const GgufTensor& unknown = (*file)->tensors()[1];
  EXPECT_EQ(unknown.n_bytes, 0u);
  EXPECT_NE(unknown.dtype().status().message().find("found type 777"), std::string_view::npos);

  raw.tensors.clear();
  const auto vocabulary = GgufFile::open(folder.write("vocab.gguf", serialize(raw)));
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status().to_string();
  EXPECT_TRUE((*vocabulary)->tensors().empty());
  EXPECT_TRUE(GgufFile::open(folder.write("nothing.gguf", serialize(RawGguf{}))).ok());
}

TEST(GgufFile, TakesDataInAnyOrderAndWithGaps) {
  const TempFolder folder;
  RawGguf raw;
  raw.tensors = {{"a", {4}, 24, "", 64}, {"b", {4}, 24, "bbbb" + std::string(60, '.') + "aaaa", 0}};
  const auto file = GgufFile::open(folder.write("order.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ(data_of(**file, "a"), "aaaa");
  EXPECT_EQ(data_of(**file, "b"), "bbbb");
}

// Three parts of which any may be named.
class SplitModel : public testing::Test {
 protected:
  SplitModel() {
    const RawGguf whole = tiny_gguf();
    for (int i = 0; i < 3; ++i) {
      RawGguf part = i == 0 ? whole : RawGguf{};
      part.set("split.no", u16_value(static_cast<std::uint16_t>(i))).set("split.count", u16_value(3));
      part.set("split.tensors.count", i32_value(static_cast<int>(whole.tensors.size())));
      part.tensors.assign(whole.tensors.begin() + i * 4, whole.tensors.begin() + std::min(11, i * 4 + 4));
      paths_[i] = folder_.write(part_path("my-model", static_cast<std::uint64_t>(i) + 1, 3), serialize(part));
    }
  }
  TempFolder folder_;
  std::string paths_[3];
};

TEST_F(SplitModel, OpensFromAnyPart) {
  const RawGguf whole = tiny_gguf();
  for (const std::string& path : paths_) {
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    EXPECT_EQ(*(*file)->metadata().string("general.architecture"), "llama");
    ASSERT_EQ((*file)->tensors().size(), whole.tensors.size());
    std::uint64_t bytes = 0;
    for (const std::string& part : paths_) bytes += std::filesystem::file_size(part);
    EXPECT_EQ((*file)->file_bytes(), bytes);
    for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
      EXPECT_EQ((*file)->tensors()[i].part, static_cast<int>(i / 4));
      EXPECT_TRUE(data_of(**file, whole.tensors[i].name) == whole.tensors[i].data);
    }
  }
}

TEST_F(SplitModel, LaterPartsMayRepeatTheMetadataButNotChangeIt) {
  const auto open_with = [&](std::string_view key, const std::string& value) {
    RawGguf last;
    last.set("split.no", u16_value(2)).set("split.count", u16_value(3)).set(key, value);
    const RawGguf whole = tiny_gguf();
    last.tensors.assign(whole.tensors.begin() + 8, whole.tensors.end());
    folder_.write("my-model-00003-of-00003.gguf", serialize(last));
    return GgufFile::open(paths_[2]).status();
  };
  EXPECT_TRUE(open_with("llama.block_count", u32_value(1)).ok());
  EXPECT_TRUE(open_with("general.name", string_value("third")).ok());
  const Status other = open_with("llama.block_count", u32_value(2));
  EXPECT_TRUE(other.message().starts_with("my-model-00003-of-00003.gguf: key llama.block_count: expected what"))
      << other.message();
  EXPECT_NE(open_with("llama.rope.scaling.factor", f32_value(4)).message().find("a key that it does not have"),
            std::string_view::npos);
}

TEST_F(SplitModel, NamesThePartThatShrank) {
  const auto file = GgufFile::open(paths_[0]);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(::truncate(paths_[2].c_str(), 100), 0);
  EXPECT_NE(data_of(**file, "output_norm.weight").find("my-model-00003-of-00003.gguf"), std::string::npos);
  EXPECT_EQ(data_of(**file, "token_embd.weight").size(), tiny_gguf().tensors[0].data.size());
}

TEST_F(SplitModel, NamesThePartThatChanged) {
  set_time_of_writing(paths_[1], 1'000'000'000);
  const auto file = GgufFile::open(paths_[0]);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->expect_unchanged().ok());
  std::fstream(paths_[1], std::ios::binary | std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  const Status status = (*file)->expect_unchanged();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(status.message().starts_with("my-model-00002-of-00003.gguf: ")) << status.message();
}

TEST(PartName, IsTakenApart) {
  const auto name = parse_part_name("/m/a-00002-of-00013.gguf");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->prefix, "/m/a");
  EXPECT_EQ(name->number, 2u);
  EXPECT_EQ(name->count, 13u);
  EXPECT_EQ(part_path(name->prefix, 13, 13), "/m/a-00013-of-00013.gguf");
  for (const char* other : {"a.gguf", "-00001-of-00002.gguf", "a-00001-of-00002.bin", "a-0001-of-00002.gguf",
                            "a-00001-of-0000x.gguf", "a-+0001-of-00002.gguf", "a-00001_of-00002.gguf", ""}) {
    EXPECT_FALSE(parse_part_name(other)) << other;
  }
}

TEST(GgufFile, ManyThreadsReadAtOnce) {
  const TempFolder folder;
  const RawGguf raw = tiny_gguf();
  const auto file = GgufFile::open(folder.write("tiny.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok());
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        for (const RawTensor& tensor : raw.tensors) wrong += data_of(**file, tensor.name) == tensor.data ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

// 280,000 strings through a window: reading them may not depend on the square of their number.
TEST(GgufFile, TakesLargeVocabularies) {
  const TempFolder folder;
  std::vector<std::string> tokens(280000);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = "token" + std::to_string(i);
  RawGguf raw;
  raw.set("tokenizer.ggml.tokens", strings_value(tokens));
  const auto file = GgufFile::open(folder.write("large.gguf", serialize(raw)));
  ASSERT_TRUE(file.ok());
  const auto found = (*file)->metadata().strings("tokenizer.ggml.tokens");
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(std::equal(found->texts.begin(), found->texts.end(), tokens.begin(), tokens.end()));
}

}  // namespace
}  // namespace tenfold
