#include "model_file/lfs_pointer.h"

#include <array>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::string_view kBeginning = "version https://git-lfs.github.com/spec/";
constexpr std::uint64_t kMaxPointerBytes = 1024;  // by the specification

}  // namespace

bool is_lfs_pointer(std::string_view text) noexcept { return text.starts_with(kBeginning); }

Status expect_no_lfs_pointer(const PreadFile& file) {
  if (file.size() < kBeginning.size() || file.size() > kMaxPointerBytes) return {};
  std::array<char, kBeginning.size()> first{};
  TENFOLD_RETURN_IF_ERROR(file.read(0, std::as_writable_bytes(std::span(first))));
  if (!is_lfs_pointer({first.data(), first.size()})) return {};
  return corrupt_data("expected the file itself, found a Git LFS pointer to it; run `git lfs pull` in its folder, or ",
                      "download the file");
}

}  // namespace tenfold
