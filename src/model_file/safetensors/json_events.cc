#include "model_file/safetensors/json_events.h"

#include <utility>

#include "base/error.h"
#include "base/guard.h"

namespace tenfold {

bool JsonEvents::take(Status status) {
  status_ = std::move(status);
  return status_.ok();
}

bool JsonEvents::parse_error(std::size_t position, const std::string& /*token*/,
                             const nlohmann::detail::exception& error) {
  status_ = corrupt_data("expected JSON, found at byte ", position, " ", printable(error.what(), 160));
  return false;
}

Status JsonEvents::parse(std::string_view text) {
  status_ = {};
  return guard([&]() -> Status {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), this) || !status_.ok()) return status_;
    return internal_error("JSON ended without a reason");
  });
}

}  // namespace tenfold
