// Any bytes as a GGUF file: an error, or an object that keeps its promises.
#include <algorithm>
#include <vector>

#include "memory_file_testing.h"
#include "model_file/gguf/gguf_file.h"

namespace tenfold {
namespace {

// Every typed look-up, of which at most a few fit.
void ask_for(const GgufMetadata& metadata, const std::string& key) {
  expect(metadata.has(key));
  const int n_fitting =
      int{metadata.unsigned_integer(key).ok()} + int{metadata.integer(key).ok()} + int{metadata.real(key).ok()} +
      int{metadata.boolean(key).ok()} + int{metadata.string(key).ok()} + int{metadata.strings(key).ok()} +
      int{metadata.floats(key).ok()} + int{metadata.integers(key).ok()} + int{metadata.booleans(key).ok()};
  expect(n_fitting <= 2);
}

// The data's first and last bytes can be read, and none behind.
void read_ends(const GgufFile& file, const GgufTensor& tensor) {
  const std::uint64_t n = std::min<std::uint64_t>(tensor.n_bytes, 4096);
  std::vector<std::byte> data(static_cast<std::size_t>(n));
  expect(file.read(tensor, 0, data).ok());
  expect(file.read(tensor, tensor.n_bytes - n, data).ok());
  data.resize(data.size() + 1);
  expect(!file.read(tensor, tensor.n_bytes - n, data).ok());
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  static MemoryFile memory;
  const auto file = GgufFile::open(memory.holding(data, size));
  if (!file.ok()) {
    expect(!file.status().message().empty() && file.status().code() != StatusCode::kInternal);
    return 0;
  }
  expect((*file)->file_bytes() == size);
  for (const GgufEntry& entry : (*file)->metadata().entries()) {
    ask_for((*file)->metadata(), entry.key);
    expect((*file)->metadata().find(entry.key) == &entry.value);
  }
  for (const GgufTensor& tensor : (*file)->tensors()) {
    expect((*file)->find_tensor(tensor.name) == &tensor);
    expect(tensor.n_elements() > 0 && tensor.offset % (*file)->alignment() == 0);
    expect(tensor.offset <= size && tensor.n_bytes <= size - tensor.offset);
    const auto type = tensor.dtype();
    if (type.ok()) {
      expect(tensor.n_bytes ==
             row_bytes(*type, static_cast<std::int64_t>(tensor.dims[0])) * (tensor.n_elements() / tensor.dims[0]));
    }
    read_ends(**file, tensor);
  }
  return 0;
}
