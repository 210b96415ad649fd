// What may not be loaded as weights: numbers that are not finite, which would leave NaN in the place of every logit,
// and nothing but zeros where there must be weights, as a download that was cut leaves them. Pure functions,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "tensor/number_scan.h"

namespace tenfold {

// What the numbers of whole rows are.
//   rows:       of k elements
//   first_row:  what the first of them is called in an error
// Errors: kCorruptData naming the row in which a number, or the scale of a block, is not finite.
Result<Numbers> check_rows(DType type, std::span<const std::byte> rows, std::int64_t k, std::uint64_t first_row);

// The tensors that their file ends with, one for each part.
std::vector<const GgufTensor*> last_tensors(const GgufFile& file);

// name, numbers: of the whole tensor. Errors: kCorruptData if all are zero, but for tensors that are added to something
// else and of which models with nothing but zeros are known.
//   is_last: nothing is behind it in its file, and so it has no excuse.
Status expect_weights(std::string_view name, Numbers numbers, bool is_last);

// Errors: kCorruptData if the last tensor of a file goes over to zeros inside a row and has nothing else to its end;
// those of reading.
Status expect_whole_end(const GgufFile& file, const GgufTensor& last);

}  // namespace tenfold
