// Small text files of /proc and /sys: read whole, never past a limit. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenfold {

// The first 64 KiB; none if the file cannot be read.
std::optional<std::string> read_small_file(const std::string& path);

// The text without white space at its ends.
std::string_view trimmed(std::string_view text) noexcept;

// Decimal digits and nothing else, that fit; none otherwise.
std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

// The number after `key`, which is not empty, in lines like "MemFree:  123 kB" or "inactive_file 456"; none if there is
// no such line.
std::optional<std::uint64_t> find_field(std::string_view text, std::string_view key) noexcept;

}  // namespace tenfold
