#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/cat.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/gguf_copy_testing.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/gguf/gguf_writer.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

using Names = std::vector<std::string>;

// A name that a test may compare, without its folder.
Names base_names(const Names& paths) {
  Names names;
  for (const std::string& path : paths) names.push_back(std::filesystem::path(path).filename().string());
  return names;
}

class GgufParts : public testing::Test {
 protected:
  GgufParts() : tiny_(open(folder_.write("in/tiny.gguf", serialize(raw_)))) {}

  static std::unique_ptr<GgufFile> open(const std::string& path) {
    auto file = GgufFile::open(path);
    EXPECT_TRUE(file.ok()) << file.status().to_string();
    return file.ok() ? std::move(*file) : nullptr;
  }
  // The open model has what tiny_gguf() has; its metadata besides split.* too.
  void expect_tiny(const GgufFile& file) const {
    std::vector<GgufEntry> entries;
    for (const GgufEntry& entry : file.metadata().entries()) {
      if (!entry.key.starts_with("split.")) entries.push_back(entry);
    }
    ASSERT_EQ(entries.size(), tiny_->metadata().entries().size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].key, tiny_->metadata().entries()[i].key);
      EXPECT_TRUE(*same_value(entries[i].value, tiny_->metadata().entries()[i].value)) << entries[i].key;
    }
    ASSERT_EQ(file.tensors().size(), raw_.tensors.size());
    for (std::size_t i = 0; i < raw_.tensors.size(); ++i) {
      EXPECT_EQ(file.tensors()[i].name, raw_.tensors[i].name);
      EXPECT_TRUE(data_of(file, file.tensors()[i]) == raw_.tensors[i].data) << raw_.tensors[i].name;
    }
  }
  // Tensors of one byte each, with nothing written.
  static std::vector<GgufTensor> bytes(int n) {
    std::vector<GgufTensor> tensors;
    for (int i = 0; i < n; ++i) tensors.push_back(tensor(cat("t", i), 24, {1}));
    return tensors;
  }

  struct FolderIn : TempFolder {
    FolderIn() { std::filesystem::create_directory(path("in")); }
  };
  FolderIn folder_;
  TempFolder out_;
  RawGguf raw_ = tiny_gguf();
  std::unique_ptr<GgufFile> tiny_;
};

TEST_F(GgufParts, ComeBackWhole) {
  ASSERT_TRUE(tiny_);
  std::set<std::size_t> counts;
  for (const int version : {2, 3}) {
    for (const std::uint64_t max_part_bytes : {1, 900, 2000, 4000, 8000, 12000, 1 << 20}) {
      const TempFolder out;
      const Names paths = copy(*tiny_, out.path("out.gguf"), {version, max_part_bytes}, 100);
      EXPECT_EQ(files_in(out), base_names(paths));
      counts.insert(paths.size());
      for (const std::string& path : paths) {
        const auto file = open(path);
        ASSERT_TRUE(file);
        EXPECT_EQ(file->version(), version);
        expect_tiny(*file);
        const auto part = open_part(path, kMaxGgufHeaderBytes);
        ASSERT_TRUE(part.ok());
        EXPECT_EQ(part->version, version);
        EXPECT_GE(part->tensors.size(), 1u);
        EXPECT_TRUE(part->tensors.size() == 1 || std::filesystem::file_size(path) <= max_part_bytes) << path;
      }
    }
  }
  EXPECT_TRUE(counts.contains(1));
  EXPECT_TRUE(counts.contains(raw_.tensors.size()));
  EXPECT_GE(counts.size(), 5u);
}

TEST_F(GgufParts, AreFilledToTheLastByte) {
  ASSERT_TRUE(tiny_);
  const Names paths = copy(*tiny_, out_.path("out.gguf"), {.max_part_bytes = 14000});
  ASSERT_GT(paths.size(), 1u);
  const auto n_tensors = [](const std::string& path) { return open_part(path, kMaxGgufHeaderBytes)->tensors.size(); };
  const std::size_t n = n_tensors(paths[0]);
  ASSERT_GT(n, 1u);
  const std::uint64_t size = std::filesystem::file_size(paths[0]);
  EXPECT_EQ(n_tensors(copy(*tiny_, out_.path("same.gguf"), {.max_part_bytes = size})[0]), n);
  EXPECT_EQ(n_tensors(copy(*tiny_, out_.path("less.gguf"), {.max_part_bytes = size - 1})[0]), n - 1);
}

// The value of a key that must be of just this type.
template <typename T>
T scalar(const GgufMetadata& keys, std::string_view key) {
  const GgufValue* value = keys.find(key);
  const auto* holder = value == nullptr ? nullptr : std::get_if<GgufScalar>(value);
  const T* found = holder == nullptr ? nullptr : std::get_if<T>(holder);
  EXPECT_NE(found, nullptr) << key;
  return found == nullptr ? T{} : *found;
}

TEST_F(GgufParts, SayWhatTheyAre) {
  ASSERT_TRUE(tiny_);
  RawGguf raw = raw_;  // as copied from a model of one part that counts itself
  raw.set("split.count", u16_value(1)).set("split.no", u32_value(7)).set("split.other", u32_value(7));
  const auto from = open(folder_.write("split.gguf", serialize(raw)));
  ASSERT_TRUE(from);
  const Names paths = copy(*from, out_.path("out.gguf"), {.max_part_bytes = 4000});
  ASSERT_GT(paths.size(), 2u);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto part = open_part(paths[i], kMaxGgufHeaderBytes);
    ASSERT_TRUE(part.ok());
    const GgufMetadata& keys = part->metadata;
    EXPECT_EQ(keys.entries().size(), i == 0 ? raw_.entries.size() + 3 : 4u) << "one is general.alignment";
    EXPECT_EQ(scalar<std::uint16_t>(keys, "split.no"), i);
    EXPECT_EQ(scalar<std::uint16_t>(keys, "split.count"), paths.size());
    EXPECT_EQ(scalar<std::int32_t>(keys, "split.tensors.count"), 11);
    EXPECT_FALSE(keys.has("split.other"));
  }
  // And the way back: one file that says nothing of parts.
  const Names whole = copy(*open(paths[1]), out_.path("whole.gguf"), {});
  ASSERT_EQ(whole, Names{out_.path("whole.gguf")});
  EXPECT_FALSE(open(whole[0])->metadata().has("split.count"));
  expect_tiny(*open(whole[0]));
}

TEST_F(GgufParts, KeepTheAlignment) {
  raw_.alignment = 512;
  raw_.set("general.alignment", u32_value(512));
  tiny_ = open(folder_.write("aligned.gguf", serialize(raw_)));
  ASSERT_TRUE(tiny_);
  const auto file = open(copy(*tiny_, out_.path("out.gguf"), {.max_part_bytes = 5000})[0]);
  ASSERT_TRUE(file);
  expect_tiny(*file);
  EXPECT_GT(file->tensors().back().part, 1);
  for (const GgufTensor& tensor : file->tensors()) EXPECT_EQ(tensor.offset % 512, 0u);
}

TEST_F(GgufParts, KnowWhereEveryTensorWillLie) {
  ASSERT_TRUE(tiny_);
  auto writer = GgufWriter::create(out_.path("out.gguf"), tiny_->metadata(),
                                   {tiny_->tensors().begin(), tiny_->tensors().end()}, {.max_part_bytes = 4000});
  ASSERT_TRUE(writer.ok());
  const auto written = open(copy(*tiny_, out_.path("out.gguf"), {.max_part_bytes = 4000})[0]);
  ASSERT_TRUE(written);
  for (std::size_t i = 0; i < raw_.tensors.size(); ++i) {
    EXPECT_EQ((*writer)->tensors()[i].part, written->tensors()[i].part);
    EXPECT_EQ((*writer)->tensors()[i].offset, written->tensors()[i].offset);
  }
}

TEST_F(GgufParts, AreNamedAfterTheFile) {
  const auto names = [&](const std::string& path, int n_parts) {
    auto writer = GgufWriter::create(path, GgufMetadata({}), bytes(n_parts), {.max_part_bytes = 1});
    return writer.ok() ? base_names({(*writer)->paths().begin(), (*writer)->paths().end()})
                       : Names{writer.status().to_string()};
  };
  EXPECT_EQ(names(out_.path("a.gguf"), 2), (Names{"a-00001-of-00002.gguf", "a-00002-of-00002.gguf"}));
  EXPECT_EQ(names(out_.path("a.Q4_0.gguf"), 2)[0], "a.Q4_0-00001-of-00002.gguf");
  EXPECT_EQ(names(out_.path("a.bin"), 2)[0], "a.bin-00001-of-00002.gguf");
  EXPECT_EQ(names(out_.path(".gguf"), 2)[0], ".gguf-00001-of-00002.gguf");
  EXPECT_EQ(names(out_.path("a.gguf"), 1), Names{"a.gguf"});
  EXPECT_EQ(names(out_.path("a.bin"), 1), Names{"a.bin"});
  EXPECT_EQ(names(out_.path("a.gguf"), 0), Names{"a.gguf"});
  EXPECT_EQ(names(out_.path("no/such/a.gguf"), 2)[0].substr(0, 9), "not found");
  EXPECT_EQ(files_in(out_), Names{});
}

TEST_F(GgufParts, AreAtMost1024) {
  const auto create = [&](int n) {
    return GgufWriter::create(out_.path("a.gguf"), GgufMetadata({}), bytes(n), {.max_part_bytes = 1}).status();
  };
  EXPECT_TRUE(create(1024).ok());
  const Status status = create(1025);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "expected at most 1024 parts, found more of 1 bytes");
  EXPECT_EQ(files_in(out_), Names{});
}

// More parts than this process may have files open.
TEST_F(GgufParts, MissingDataLeavesNothingBehind) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  {
    auto writer = GgufWriter::create(out_.path("a.gguf"), GgufMetadata({}), bytes(100), {.max_part_bytes = 1});
    ASSERT_TRUE(writer.ok());
    for (int i = 0; i < 99; ++i) EXPECT_TRUE((*writer)->write(bytes_of("x")).ok()) << i;
    EXPECT_EQ((*writer)->finish().message(), "tensor t99: expected 1 bytes before the file is finished, found 0");
    EXPECT_FALSE(std::filesystem::exists((*writer)->paths()[0]));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(files_in(out_), Names{});
}

TEST_F(GgufParts, AFolderInTheWayLeavesNoPart) {
  for (const char* taken : {"out-00001-of-00003.gguf", "out-00002-of-00003.gguf", "out-00003-of-00003.gguf"}) {
    const TempFolder out;
    {
      auto writer = GgufWriter::create(out.path("out.gguf"), GgufMetadata({}), bytes(3), {.max_part_bytes = 1});
      ASSERT_TRUE(writer.ok());
      for (int i = 0; i < 3; ++i) ASSERT_TRUE((*writer)->write(bytes_of("x")).ok());
      std::filesystem::create_directory(out.path(taken));  // since the writer was made, which refuses it
      const Status status = (*writer)->finish();
      EXPECT_EQ(status.code(), StatusCode::kIoError);
      EXPECT_TRUE(status.message().starts_with(taken)) << status.message();
      EXPECT_EQ((*writer)->finish().code(), StatusCode::kFailedPrecondition);
    }
    EXPECT_EQ(files_in(out), Names{taken});
  }
}

TEST_F(GgufParts, ABrokenPartTakesNoMore) {
  auto writer = GgufWriter::create(out_.path("sub.gguf"), GgufMetadata({}), bytes(3), {.max_part_bytes = 1});
  ASSERT_TRUE(writer.ok());
  std::filesystem::remove_all(out_.folder());
  EXPECT_EQ((*writer)->write(bytes_of("x")).code(), StatusCode::kNotFound);
  EXPECT_EQ((*writer)->write(bytes_of("x")).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ((*writer)->finish().code(), StatusCode::kFailedPrecondition);
}

// What happened to files that are parts, in order: "-NAME" for one that went, "+NAME" for one that came.
class FolderEvents {
 public:
  explicit FolderEvents(const std::string& folder) : descriptor_(::inotify_init1(IN_NONBLOCK)) {
    EXPECT_GE(::inotify_add_watch(descriptor_, folder.c_str(), IN_DELETE | IN_MOVED_TO), 0);
  }
  ~FolderEvents() { ::close(descriptor_); }
  FolderEvents(const FolderEvents&) = delete;
  FolderEvents& operator=(const FolderEvents&) = delete;
  [[nodiscard]] Names read() const {
    alignas(inotify_event) char buffer[1 << 16];
    const ssize_t n = ::read(descriptor_, buffer, sizeof(buffer));
    Names names;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      names.push_back(cat((event->mask & IN_DELETE) != 0 ? "-" : "+", event->name));
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    return names;
  }

 private:
  int descriptor_;
};

// A crash at any moment leaves the old model, the new one, or no first part.
TEST_F(GgufParts, TheFirstPartGoesFirstAndComesLast) {
  const auto write_all = [&](const std::string& data) {
    auto writer = GgufWriter::create(out_.path("m.gguf"), GgufMetadata({}), bytes(3), {.max_part_bytes = 1});
    ASSERT_TRUE(writer.ok());
    for (const char byte : data) ASSERT_TRUE((*writer)->write(bytes_of(std::string(1, byte))).ok());
    ASSERT_TRUE((*writer)->finish().ok());
  };
  write_all("old");
  const FolderEvents events(out_.folder());
  write_all("new");
  EXPECT_EQ(events.read(), (Names{"-m-00001-of-00003.gguf", "+m-00003-of-00003.gguf", "+m-00002-of-00003.gguf",
                                  "+m-00001-of-00003.gguf"}));
  const auto file = open(out_.path("m-00002-of-00003.gguf"));
  ASSERT_TRUE(file);
  std::string data;
  for (const GgufTensor& tensor : file->tensors()) data += data_of(*file, tensor);
  EXPECT_EQ(data, "new");
}

}  // namespace
}  // namespace tenfold
