#include "process_memory.h"

#include <sys/resource.h>

#include <charconv>
#include <string>
#include <string_view>

#include "text_input.h"

namespace tenfold::cli {

std::uint64_t peak_rss_bytes() {
  // getrusage alone would not do: its maximum survives exec, so it may be that of the program that started this one.
  if (const auto status = read_text_file("/proc/self/status", {1 << 20, "the kernel writes less"}); status.ok()) {
    constexpr std::string_view kField = "\nVmHWM:";
    const std::string_view text = *status;
    if (const auto at = text.find(kField); at != std::string_view::npos) {
      const auto digits = text.find_first_of("0123456789", at);
      std::uint64_t kib = 0;
      if (digits != std::string_view::npos &&
          std::from_chars(text.data() + digits, text.data() + text.size(), kib).ec == std::errc{}) {
        return kib * 1024;
      }
    }
  }
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace tenfold::cli
