// What a clone of a repository without Git LFS leaves in the place of a large file: a text that only names it.
#pragma once

#include <string_view>

#include "model_file/pread_file.h"
#include "tenfold/status.h"

namespace tenfold {

// text: a file's first bytes.
[[nodiscard]] bool is_lfs_pointer(std::string_view text) noexcept;

// Errors: kCorruptData saying that the file is a pointer and how to get the file itself; those of PreadFile::read.
[[nodiscard]] Status expect_no_lfs_pointer(const PreadFile& file);

}  // namespace tenfold
