#include <functional>
#include <map>
#include <utility>

#include "base/error.h"
#include "model_file/name_order.h"
#include "model_file/safetensors/json_events.h"
#include "model_file/safetensors/safetensors_header.h"

namespace tenfold {

namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxFileNameBytes = 255;
constexpr std::string_view kSuffix = ".safetensors";

// A name in the index's own folder, not a way out of it.
Status check_shard_name(std::string_view name) {
  if (name.size() > kSuffix.size() && name.size() <= kMaxFileNameBytes && name.ends_with(kSuffix) &&
      name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos) {
    return {};
  }
  return corrupt_data("expected the plain name of a .safetensors file, found \"", printable(name, 255), "\"");
}

// {"metadata": anything, "weight_map": {"tensor": "file", …}}
class IndexForm final : public JsonEvents {
 public:
  SafetensorsIndex take_index() { return std::move(index_); }
  [[nodiscard]] bool has_map() const noexcept { return has_map_; }

 private:
  Status on_open(char bracket) override {
    if (depth_ == 0 && bracket != '{') return corrupt_data("expected an object, found a list");
    if (depth_ == 1 && top_key_ == "weight_map") {
      if (bracket != '{') return corrupt_data("weight_map: expected an object, found a list");
      if (std::exchange(has_map_, true)) return corrupt_data("weight_map: expected once, found twice");
    } else if (in_map()) {
      return corrupt_data("weight_map: expected file names, found an object or a list");
    }
    if (depth_ == kMaxDepth) return resource_exhausted("expected at most ", kMaxDepth, " levels of JSON, found more");
    ++depth_;
    return {};
  }
  Status on_close() override {
    --depth_;
    return {};
  }
  Status on_key(std::string& key) override {
    if (depth_ == 1)
      top_key_ = std::move(key);
    else if (in_map())
      name_ = std::move(key);
    return {};
  }
  Status on_string(std::string& text) override {
    if (!in_map()) return on_other("a string");
    TENFOLD_RETURN_IF_ERROR(check_shard_name(text).with_context(cat("weight_map: ", printable(name_))));
    if (index_.entries.size() == kMaxSafetensorsTensors) {
      return resource_exhausted("weight_map: expected at most ", kMaxSafetensorsTensors, " tensors, found more");
    }
    const auto [at, is_new] = shards_.try_emplace(std::move(text), index_.shards.size());
    if (is_new) index_.shards.push_back(at->first);
    if (index_.shards.size() > kMaxSafetensorsShards) {
      return resource_exhausted("weight_map: expected at most ", kMaxSafetensorsShards, " shards, found more");
    }
    index_.entries.push_back({std::move(name_), at->second});
    return {};
  }
  Status on_unsigned(std::uint64_t /*number*/) override { return on_other("a number"); }
  Status on_other(const char* what) override {
    if (depth_ == 0) return corrupt_data("expected an object, found ", what);
    if (in_map() || (depth_ == 1 && top_key_ == "weight_map")) {
      return corrupt_data("weight_map: expected names of tensors and files, found ", what);
    }
    return {};
  }

  [[nodiscard]] bool in_map() const { return depth_ == 2 && top_key_ == "weight_map"; }

  SafetensorsIndex index_;
  std::map<std::string, std::size_t, std::less<>> shards_;
  int depth_ = 0;
  std::string top_key_;
  std::string name_;  // of the tensor whose file comes next
  bool has_map_ = false;
};

}  // namespace

Result<SafetensorsIndex> parse_safetensors_index(std::string_view text) {
  IndexForm form;
  TENFOLD_RETURN_IF_ERROR(form.parse(text));
  if (!form.has_map()) return corrupt_data("expected an index with a weight_map, found none");
  SafetensorsIndex index = form.take_index();
  using Entry = SafetensorsIndex::Entry;
  const std::span<const Entry> entries = index.entries;
  const auto by_name = order_by_name(entries, &Entry::name);
  if (const Entry* twice = find_duplicate(entries, std::span<const std::uint32_t>(by_name), &Entry::name)) {
    return corrupt_data("weight_map: tensor ", printable(twice->name), ": expected once, found twice");
  }
  return index;
}

}  // namespace tenfold
