#include "model_file/safetensors/safetensors_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/utf8.h"
#include "model_file/temp_folder_testing.h"
#include "runtime/allocation_testing.h"

namespace tenfold {
namespace {

std::string file_bytes(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  return bytes.append(header).append(data);
}

constexpr std::string_view kTwoTensors =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},)"
    R"("a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}  )";
const std::string kTwoTensorsData = "aaaabbbbbbbbbbbbbbbbbbbbbbbb";

std::string data_of(const SafetensorsFile& file, std::string_view name) {
  const SafetensorsTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) return "no such tensor";
  std::string data(tensor->n_bytes, '\0');
  const Status status = file.read(*tensor, 0, std::as_writable_bytes(std::span(data)));
  return status.ok() ? data : status.to_string();
}

class Safetensors : public testing::Test {
 protected:
  Result<std::unique_ptr<SafetensorsFile>> open(std::string_view bytes) {
    return SafetensorsFile::open(folder_.write("x.safetensors", bytes));
  }
  // The error of a header in front of `n_data` bytes.
  std::string error(std::string_view header, std::size_t n_data) {
    const auto file = open(file_bytes(header, std::string(n_data, 'x')));
    return file.ok() ? "opened" : std::string(file.status().message());
  }
  TempFolder folder_;
};

TEST_F(Safetensors, ReadsWhatTheFileSays) {
  const auto opened = open(file_bytes(kTwoTensors, kTwoTensorsData));
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  const SafetensorsFile& file = **opened;
  ASSERT_EQ(file.metadata().size(), 1u);
  EXPECT_EQ(file.metadata()[0].key, "format");
  EXPECT_EQ(file.metadata()[0].value, "pt");
  EXPECT_EQ(file.file_bytes(), 8 + kTwoTensors.size() + 28);
  ASSERT_EQ(file.tensors().size(), 2u);
  const SafetensorsTensor& b = file.tensors()[0];
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.shape, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(b.n_elements, 6u);
  EXPECT_EQ(*b.dtype(), DType::kF32);
  EXPECT_EQ(*file.find_tensor("a")->dtype(), DType::kBF16);
  EXPECT_EQ(data_of(file, "a"), "aaaa");
  EXPECT_EQ(data_of(file, "b"), std::string(24, 'b'));
  EXPECT_EQ(file.find_tensor("c"), nullptr);

  std::string out(8, '\0');
  EXPECT_EQ(file.read(b, 17, std::as_writable_bytes(std::span(out))).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(file.read(b, 16, std::as_writable_bytes(std::span(out))).ok());
}

TEST_F(Safetensors, OpensWhatItCannotCompute) {
  const auto file = open(file_bytes(
      R"({"i":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,5],"data_offsets":[8,8]},)"
      R"("n":{"dtype":"X9","shape":[3],"data_offsets":[8,9]},"f":{"dtype":"F4","shape":[4],"data_offsets":[9,11]}})",
      std::string(11, 'x')));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ((*file)->find_tensor("i")->n_elements, 1u);
  EXPECT_EQ((*file)->find_tensor("e")->n_elements, 0u);
  EXPECT_EQ((*file)->find_tensor("i")->dtype().status().message(), "tensor i: expected F32, F16 or BF16, found I64");
  EXPECT_EQ((*file)->find_tensor("n")->dtype().status().code(), StatusCode::kUnsupported);
  EXPECT_TRUE(open(file_bytes("{}", "")).ok());
}

TEST_F(Safetensors, RefusesBrokenHeaders) {
  const auto tensor = [](std::string_view fields) { return std::string(R"({"a":{)").append(fields).append("}}"); };
  const struct {
    std::string header;
    std::size_t n_data;
    std::string_view expected;  // in the message
  } cases[] = {
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 9, "expected 8 bytes of data"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 7, "expected data inside 7 bytes"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), 8, "found data_offsets [8, 0]"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[4,12])"), 12, "expected data from byte 0"},
      {tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), 8, "expected the bytes of shape [3] of F32"},
      {tensor(R"("dtype":"F4","shape":[3],"data_offsets":[0,1])"), 1, "expected the bytes of shape [3] of F4"},
      {tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"), 8, "less than 2^64 elements"},
      {tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])"), 0, "expected the bytes of"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616])"), 8, "found a fraction"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,9])"), 8, "two data_offsets, found more"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8])"), 8, "found not all of them"},
      {tensor(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8])"), 8, "at most 8 dimensions"},
      {tensor(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), 8, "found a negative number"},
      {tensor(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"), 8, "found a list"},
      {tensor(R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])"), 8, "found a string"},
      {tensor(R"("dtype":"F32","shape":2,"data_offsets":[0,8])"), 8, "found a number"},
      {tensor(R"("dtype":7,"shape":[2],"data_offsets":[0,8])"), 8, "found a number"},
      {tensor(R"("dtype":null,"shape":[2],"data_offsets":[0,8])"), 8, "found null"},
      {tensor(R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])"), 8, "each once, found dtype"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1)"), 8, "found more"},
      {tensor(R"("dtype":"F32","shape":[2])"), 0, "found not all of them"},
      {R"({"a":5})", 0, "expected an object, found a number"},
      {R"({"a":[]})", 0, "expected an object, found a list"},
      {R"({"":{}})", 0, "expected names, found an empty one"},
      {R"({"__metadata__":{"a":1}})", 0, "expected strings, found a number"},
      {R"({"__metadata__":{"a":{}}})", 0, "expected strings, found an object"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", 0, "key a: expected once, found twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "expected once, found twice"},
      {R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})", 2,
       "tensor a: expected once, found twice"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "tensor b: expected data from byte 2"},
      {R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[],"data_offsets":[2,3]}})", 3,
       "tensor b: expected data from byte 1"},
      {"{ ", 0, "expected JSON"},
      {"{}x", 0, "expected JSON"},
      {"[]", 0, "begins with {"},
      {" {}", 0, "begins with {"},
      {"{\"\xff\":{}}", 0, "expected JSON"},
      {std::string(100000, '{'), 0, "expected JSON"},
      {R"({"a":)" + std::string(100000, '['), 0, "expected an object, found a list"},
  };
  for (const auto& test : cases) {
    const std::string message = error(test.header, test.n_data);
    EXPECT_TRUE(message.starts_with("x.safetensors: ")) << message;
    EXPECT_NE(message.find(test.expected), std::string::npos) << message;
    EXPECT_TRUE(is_valid_utf8(message));
  }
}

TEST_F(Safetensors, RefusesBrokenLengths) {
  const std::string good = file_bytes(kTwoTensors, kTwoTensorsData);
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{kTwoTensors.size() - 3},
                                     std::uint64_t{kTwoTensors.size() + 1}, std::uint64_t{good.size()},
                                     std::uint64_t{100000001}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    std::string bytes = good;
    std::copy_n(reinterpret_cast<const char*>(&length), 8, bytes.begin());
    reset_allocation_peak();
    const std::size_t before = allocated_bytes();
    const auto file = open(bytes);
    EXPECT_EQ(file.status().code(), StatusCode::kCorruptData) << length;
    EXPECT_LT(peak_allocated_bytes() - before, std::size_t{1} << 20) << length;
  }
  EXPECT_NE(open("GGUF----more than ten bytes").status().message().find("first bytes \"GGUF"), std::string::npos);
}

TEST_F(Safetensors, CutAtEveryByte) {
  const std::string good = file_bytes(kTwoTensors, kTwoTensorsData);
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_EQ(open(good.substr(0, n)).status().code(), StatusCode::kCorruptData) << n;
  }
}

TEST_F(Safetensors, EveryByteMayBeAnother) {
  const std::string good = file_bytes(kTwoTensors, kTwoTensorsData);
  for (std::size_t at = 0; at < good.size() - 28; ++at) {
    for (const char byte : {'\0', '"', '{', '9', '\xff'}) {
      std::string bytes = good;
      bytes[at] = byte;
      const auto file = open(bytes);
      if (!file.ok()) continue;
      for (const SafetensorsTensor& tensor : (*file)->tensors()) {
        EXPECT_EQ(data_of(**file, tensor.name).size(), tensor.n_bytes) << at << ' ' << byte;
      }
    }
  }
}

TEST_F(Safetensors, AFileThatShrinksIsAnError) {
  const auto file = open(file_bytes(kTwoTensors, kTwoTensorsData));
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(::truncate(folder_.path("x.safetensors").c_str(), 50), 0);
  EXPECT_TRUE(data_of(**file, "b").starts_with("failed precondition: x.safetensors: tensor b: "))
      << data_of(**file, "b");
}

TEST_F(Safetensors, RefusesWhatIsNoFile) {
  EXPECT_EQ(SafetensorsFile::open(folder_.folder()).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(SafetensorsFile::open(folder_.path("nonsuch.safetensors")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(SafetensorsFile::open(folder_.path("nonsuch.json")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(open("").status().code(), StatusCode::kCorruptData);
}

// A tenth of the largest header, filled with the entries that take most memory for their bytes, takes less than a tenth
// of a gigabyte.
TEST_F(Safetensors, LargeHeadersStayBelowAGigabyte) {
  std::string header = "{";
  std::uint64_t n = 0;
  while (header.size() < 10'000'000) {
    const std::string name = std::to_string(n++);
    header += "\"" + name + R"(":{"dtype":"U8","shape":[0,0,0,0,0,0,0,0],"data_offsets":[0,0]},)";
  }
  header.back() = '}';
  const std::string path = folder_.write("x.safetensors", file_bytes(header, ""));
  reset_allocation_peak();
  const std::size_t before = allocated_bytes();
  const auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ((*file)->tensors().size(), n);
  EXPECT_LT(peak_allocated_bytes() - before, 100'000'000u);
}

// Two shards and their index.
class ShardedSafetensors : public Safetensors {
 protected:
  ShardedSafetensors() {
    folder_.write("m-1.safetensors", file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "a"));
    folder_.write("m-2.safetensors", file_bytes(R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                                R"("c":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                                                "bbc"));
  }
  Result<std::unique_ptr<SafetensorsFile>> open_index(std::string_view json) {
    return SafetensorsFile::open(folder_.write("model.safetensors.index.json", json));
  }
  Result<std::unique_ptr<SafetensorsFile>> open_map(std::string_view map) {
    return open_index(std::string(R"({"metadata":{"total_size":4,"x":[1,{"y":null}]},"weight_map":{)").append(map) +
                      "}}");
  }
};

constexpr std::string_view kGoodMap = R"("a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors")";

TEST_F(ShardedSafetensors, ReadsAllShards) {
  const auto file = open_map(kGoodMap);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  ASSERT_EQ((*file)->tensors().size(), 3u);
  EXPECT_EQ(data_of(**file, "a"), "a");
  EXPECT_EQ(data_of(**file, "b"), "bb");
  EXPECT_EQ(data_of(**file, "c"), "c");
  EXPECT_EQ((*file)->find_tensor("c")->shard, 1);
}

TEST_F(ShardedSafetensors, RefusesIndicesThatDisagree) {
  const std::pair<std::string_view, std::string_view> maps[] = {
      {R"("a":"m-1.safetensors","b":"m-2.safetensors")", "tensor c: expected in the index's weight_map"},
      {R"("a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors")", "found in another shard"},
      {R"("a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors","d":"m-1.safetensors")", "found nowhere"},
      {R"("a":"m-1.safetensors","a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors")", "found twice"},
      {R"("a":"m-1.safetensors","b":"m-3.safetensors")", "m-3.safetensors: no such file"},
      {R"("a":"../m-1.safetensors")", "expected the plain name of a .safetensors file"},
      {R"("a":"/etc/x.safetensors")", "expected the plain name of a .safetensors file"},
      {R"("a":"..\\x.safetensors")", "expected the plain name of a .safetensors file"},
      {R"("a":"x\u0000.safetensors")", "expected the plain name of a .safetensors file"},
      {R"("a":"..")", "expected the plain name of a .safetensors file"},
      {R"("a":"")", "expected the plain name of a .safetensors file"},
      {R"("a":".safetensors")", "expected the plain name of a .safetensors file"},
      {R"("a":"m-1.bin")", "expected the plain name of a .safetensors file"},
      {R"("a":5)", "found a number"},
      {R"("a":{})", "expected file names"},
      {R"("a":["m-1.safetensors"])", "expected file names"},
  };
  for (const auto& [map, expected] : maps) {
    const auto file = open_map(map);
    ASSERT_FALSE(file.ok()) << map;
    EXPECT_NE(file.status().message().find(expected), std::string_view::npos) << file.status().message();
    EXPECT_NE(file.status().message().find(".safetensors"), std::string_view::npos) << file.status().message();
  }
}

TEST_F(ShardedSafetensors, RefusesOtherJson) {
  for (const std::string& json :
       {std::string(), std::string("{}"), std::string("[]"), std::string("5"), std::string(R"({"weight_map":[]})"),
        std::string(R"({"weight_map":"m"})"), std::string(R"({"weight_map":null})"), std::string("\xff"),
        std::string(R"({"weight_map":{},"weight_map":{}})"), R"({"x":)" + std::string(1000000, '['),
        R"({"x":)" + std::string(40, '[') + std::string(40, ']') + R"(,"weight_map":{}})"}) {
    EXPECT_FALSE(open_index(json).ok()) << json.substr(0, 40);
  }
  EXPECT_TRUE(open_index(R"({"weight_map":{}})").ok());
}

TEST_F(ShardedSafetensors, RefusesTheSameTensorInTwoShards) {
  folder_.write("m-3.safetensors", file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                              R"("d":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})",
                                              "a"));
  const auto file = open_map(std::string(kGoodMap) + R"(,"d":"m-3.safetensors")");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().message(), "m-3.safetensors: tensor a: expected once, found twice");
}

}  // namespace
}  // namespace tenfold
