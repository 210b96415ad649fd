// WeightRows: the rows of one entry of a table of weights as they are packed, read from their tensor or tensors.
//
// A view of file and table. Thread-safe: each thread has a buffer of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "plan/weight_table.h"
#include "tensor/element_pipe.h"
#include "tensor/number_scan.h"

namespace tenfold {

// Rows on their way from the file to their panels.
struct RowBuffer {
  std::vector<std::byte> raw;              // what read() gives
  std::vector<std::byte> more;             // working memory of it
  std::vector<float> floats, more_floats;  // likewise
  std::optional<ElementPipe> pipe;         // likewise, where the type is another than the file's
  Numbers numbers = Numbers::kAllZero;     // of all rows that went this way
};

struct RowRange {
  int begin, n;
};

class WeightRows {
 public:
  // Errors: kCorruptData naming a tensor that is not in the file any more.
  static Result<WeightRows> find(const GgufFile& file, const WeightEntry& entry);

  // Leaves rows [begin, begin + n) of `expert` in buffer.raw, as elements of `type`, which may be the file's.
  // Errors: kCorruptData naming tensor and row in which a number is not finite; kUnsupported if `type` cannot hold one;
  // those of reading.
  Status read(int expert, RowRange range, DType type, RowBuffer& buffer) const;

  [[nodiscard]] const GgufTensor& tensor() const { return *first_; }
  // Bytes of the file that a row is read from.
  [[nodiscard]] std::size_t file_row_bytes() const;

 private:
  WeightRows(const GgufFile& file, const WeightEntry& entry) : file_(&file), entry_(&entry) {}
  Status read_raw(const GgufTensor& tensor, std::uint64_t first_row, int n, RowBuffer& buffer) const;
  Status read_sum(RowRange range, RowBuffer& buffer) const;
  void turn(RowBuffer& buffer) const;

  const GgufFile* file_;
  const WeightEntry* entry_;
  const GgufTensor* first_ = nullptr;
  const GgufTensor* second_ = nullptr;
};

}  // namespace tenfold
