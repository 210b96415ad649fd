#include "chat/parallel_calls.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/contracts.h"

namespace tenfold {

namespace {

class CallsInTurn {
 public:
  void part(Json& messages) {
    for (Json& message : messages.array_items()) {
      if (!calls_.empty() && std::as_const(message)["role"].text() == "tool") {
        call_of(message).results.push_back(std::move(message));
        continue;
      }
      write_calls();
      const Json* calls = message.find("tool_calls");
      TENFOLD_DCHECK(message.is_object() && (calls == nullptr || calls->is_array()));
      if (calls != nullptr && calls->size() > 1) {
        read_calls(message);
      } else {
        parted_.push_back(std::move(message));
      }
    }
    write_calls();
    messages = std::move(parted_);
  }

 private:
  struct Call {
    Json message;
    std::string id;
    std::vector<Json> results;
  };

  // What the message says beside its calls stays with the first of them.
  void read_calls(Json& message) {
    Json::Array calls = std::move(message.find("tool_calls")->array_items());
    for (Json& call : calls) {
      const std::string id = std::as_const(call)["id"].text();
      Json said = calls_.empty() ? std::move(message) : Json{{"role", "assistant"}};
      said["tool_calls"] = Json::array({std::move(call)});
      calls_.push_back({std::move(said), id, {}});
    }
  }

  Call& call_of(const Json& result) {
    const std::string& id = result["tool_call_id"].text();
    const auto by_id = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) { return call.id == id; });
    if (!id.empty() && by_id != calls_.end()) return *by_id;
    const auto open = std::find_if(calls_.begin(), calls_.end(), [](const Call& call) { return call.results.empty(); });
    return open != calls_.end() ? *open : calls_.back();
  }

  void write_calls() {
    for (Call& call : calls_) {
      parted_.push_back(std::move(call.message));
      for (Json& result : call.results) parted_.push_back(std::move(result));
    }
    calls_.clear();
  }

  std::vector<Call> calls_;  // of the message whose results come now
  Json parted_ = Json::array();
};

}  // namespace

void part_parallel_calls(Json& messages) { CallsInTurn().part(messages); }

}  // namespace tenfold
