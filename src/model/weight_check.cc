#include "model/weight_check.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"

namespace tenfold {

namespace {

// A layer that adds nothing is how some models were made deeper, and not every encoder tells types of tokens apart.
constexpr std::array<std::string_view, 3> kMayAddNothing = {"attn_output.", "ffn_down", "token_types."};

// Where a file was cut there is nothing behind: the last tensor has no excuse.
bool is_last(const GgufFile& file, const GgufTensor& tensor) {
  return std::none_of(file.tensors().begin(), file.tensors().end(), [&](const GgufTensor& other) {
    return other.part == tensor.part && other.offset > tensor.offset;
  });
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

Status expect_weights(const GgufFile& file, const GgufTensor& tensor, Numbers numbers) {
  if (numbers != Numbers::kAllZero || !tensor.name.ends_with(".weight")) return {};
  const bool may_add_nothing = std::any_of(kMayAddNothing.begin(), kMayAddNothing.end(), [&](std::string_view part) {
    return tensor.name.find(part) != std::string::npos;
  });
  if (may_add_nothing && !is_last(file, tensor)) return {};
  return corrupt_data(
      "tensor ", printable(tensor.name),
      ": expected weights, found nothing but zeros; the download may have been cut, get the file again");
}

}  // namespace tenfold
