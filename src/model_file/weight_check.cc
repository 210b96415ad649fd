#include "model_file/weight_check.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"

namespace tenfold {

namespace {

// A layer that adds nothing is how some models were made deeper, and not every encoder tells types of tokens apart.
constexpr std::array<std::string_view, 3> kMayAddNothing = {"attn_output.", "ffn_down", "token_types."};

// A shorter end of zeros is no sign of anything.
constexpr std::uint64_t kLeastCutBytes = 256;
// Zeros at the end of a row that belong to its last numbers.
constexpr std::uint64_t kRowEndBytes = 16;

constexpr const char* kGetItAgain = "the download may have been cut, get the file again";
constexpr std::size_t kCheckedBytes = std::size_t{1} << 16;

// How many of the tensor's bytes before `end` are left without the zeros that they end with.
Result<std::uint64_t> without_zeros(const GgufFile& file, const GgufTensor& tensor, std::uint64_t end) {
  std::vector<std::byte> bytes;
  while (end > 0) {
    bytes.resize(std::min<std::uint64_t>(end, kCheckedBytes));
    TENFOLD_RETURN_IF_ERROR(file.read(tensor, end - bytes.size(), bytes));
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte b) { return b != std::byte{0}; });
    end -= static_cast<std::uint64_t>(last - bytes.rbegin());
    if (last != bytes.rend()) break;
  }
  return end;
}

}  // namespace

Result<Numbers> check_rows(DType type, std::span<const std::byte> rows, std::int64_t k, std::uint64_t first_row) {
  const std::size_t n_bytes = row_bytes(type, k);
  const std::size_t n_rows = rows.size() / n_bytes;
  const Numbers all = scan_numbers(type, rows.data(), static_cast<std::int64_t>(n_rows) * k);
  if (all != Numbers::kNotFinite) return all;
  std::size_t row = 0;
  while (scan_numbers(type, rows.data() + row * n_bytes, k) != Numbers::kNotFinite) ++row;
  return corrupt_data("row ", first_row + row,
                      ": expected finite numbers, found NaN or infinity; the file is damaged or was made badly, get or "
                      "convert it again");
}

std::vector<const GgufTensor*> last_tensors(const GgufFile& file) {
  std::vector<const GgufTensor*> last;
  for (const GgufTensor& tensor : file.tensors()) {
    last.resize(std::max(last.size(), static_cast<std::size_t>(tensor.part) + 1));
    const GgufTensor*& of_part = last[static_cast<std::size_t>(tensor.part)];
    if (of_part == nullptr || of_part->offset < tensor.offset) of_part = &tensor;
  }
  std::erase(last, nullptr);
  return last;
}

Status expect_weights(std::string_view name, Numbers numbers, bool is_last) {
  if (numbers != Numbers::kAllZero || !name.ends_with(".weight")) return {};
  const bool may_add_nothing = std::any_of(kMayAddNothing.begin(), kMayAddNothing.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
  if (may_add_nothing && !is_last) return {};
  return corrupt_data("tensor ", printable(name), ": expected weights, found nothing but zeros; ", kGetItAgain);
}

// Whole rows of zeros are no sign: vocabularies are filled up with them. A row that breaks off is one, unless the row
// before it ends in the same way, as columns that fill up a matrix do.
Status expect_whole_end(const GgufFile& file, const GgufTensor& last) {
  if (!last.name.ends_with(".weight")) return {};
  TENFOLD_ASSIGN_OR_RETURN(const DType type, last.dtype());
  const std::uint64_t n_row_bytes = row_bytes(type, static_cast<std::int64_t>(last.dims[0]));
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t end, without_zeros(file, last, last.n_bytes));
  if (end == 0 || last.n_bytes - end < kLeastCutBytes) return {};
  const std::uint64_t row = (end - 1) / n_row_bytes;
  const std::uint64_t n_zeros = (row + 1) * n_row_bytes - end;
  if (n_zeros < kRowEndBytes) return {};
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t end_before, without_zeros(file, last, row * n_row_bytes));
  if (row > 0 && row * n_row_bytes - end_before >= n_zeros) return {};
  return corrupt_data("tensor ", printable(last.name), ": row ", row, ": expected weights, found zeros from its byte ",
                      n_row_bytes - n_zeros, " to the end of the file; ", kGetItAgain);
}

}  // namespace tenfold
