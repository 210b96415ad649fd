// Any bytes as a safetensors file and as an index: an error, or an object that keeps its promises.
#include <algorithm>
#include <vector>

#include "memory_file_testing.h"
#include "model_file/safetensors/safetensors_file.h"
#include "model_file/safetensors/safetensors_header.h"

namespace tenfold {
namespace {

void check_file(const SafetensorsFile& file, std::uint64_t size) {
  std::uint64_t covered = 0;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    expect(file.find_tensor(tensor.name) == &tensor);
    expect(tensor.offset <= size && tensor.n_bytes <= size - tensor.offset);
    std::vector<std::byte> data(static_cast<std::size_t>(tensor.n_bytes));
    expect(file.read(tensor, 0, data).ok());
    data.resize(data.size() + 1);
    expect(!file.read(tensor, 0, data).ok());
    const auto type = tensor.dtype();
    if (type.ok()) expect(tensor.n_bytes == tensor.n_elements * dtype_traits(*type).block_bytes);
    covered += tensor.n_bytes;
  }
  expect(covered <= size);
}

void check_index(const SafetensorsIndex& index) {
  for (const SafetensorsIndex::Entry& entry : index.entries) expect(entry.shard < index.shards.size());
  for (const std::string& shard : index.shards) {
    expect(shard.find('/') == std::string::npos && shard.find('\0') == std::string::npos && shard != "..");
  }
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  static MemoryFile memory;
  const auto file = SafetensorsFile::open(memory.holding(data, size));
  if (file.ok()) check_file(**file, size);
  const auto index = parse_safetensors_index({reinterpret_cast<const char*>(data), size});
  if (index.ok()) check_index(*index);
  expect(file.status().code() != StatusCode::kInternal && index.status().code() != StatusCode::kInternal);
  return 0;
}
