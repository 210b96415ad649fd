// Python's datetime.strftime for the local time of now, in the C locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold::jinja {

// Errors: kUnsupported for a directive that is not known, named in the message.
Result<std::string> format_local_time(std::string_view format, std::int64_t seconds_since_1970);

}  // namespace tenfold::jinja
