#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace tenfold {

namespace {

// Builds a Json from the events of nlohmann's parser. Its own values are not used: destroying one allocates, and what
// that throws ends the process; building one looks for each key among all keys before it, which takes minutes for an
// object of a million keys. This takes time in proportion to the text.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(int max_depth) : max_depth_(max_depth) {}

  Json take() { return std::move(root_); }
  const Status& status() const { return status_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    // The parser takes whole numbers beyond 64 bits for fractions.
    const bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
    return add(is_whole ? Json::integer(text) : Json(value));
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Open& top = open_.back();
    Json::Object& members = top.container->object_members();
    const auto [place, is_new] = find_or_add(top, members, name);
    top.slot = place;
    // A key that comes again keeps its place and gets the later value.
    if (!is_new) members[place].value = nullptr;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    const std::string_view message = error.what();  // begins with the library's own number for it, in brackets
    const std::size_t tag = message.find("] ");
    status_ = invalid_argument("JSON: ", printable(message.substr(tag == message.npos ? 0 : tag + 2), 160));
    return false;
  }

 private:
  // A container that is being filled. Its address holds: nothing is added around it before it is closed.
  struct Open {
    Json* container;
    std::size_t slot = 0;                       // of an object: the member that gets the next value
    std::map<std::string, std::size_t> places;  // of an object of many keys: where each is
  };

  static std::pair<std::size_t, bool> find_or_add(Open& top, Json::Object& members, const std::string& name) {
    constexpr std::size_t kManyKeys = 16;  // below, comparing them all is faster
    if (members.size() < kManyKeys) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].key == name) return {i, false};
      }
    } else {
      for (std::size_t i = top.places.size(); i < members.size(); ++i) {
        top.places.emplace(members[i].key, i);
      }
      const auto [at, is_new] = top.places.emplace(name, members.size());
      if (!is_new) return {at->second, false};
    }
    members.push_back({name, nullptr});
    return {members.size() - 1, true};
  }

  // Where the next value goes.
  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Open& top = open_.back();
    if (top.container->is_array()) {
      Json::Array& items = top.container->array_items();
      items.push_back(std::move(value));
      return &items.back();
    }
    Json& slot = top.container->object_members()[top.slot].value;
    slot = std::move(value);
    return &slot;
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json container) {
    if (static_cast<int>(open_.size()) >= max_depth_) {
      status_ = resource_exhausted("JSON: nested deeper than ", max_depth_, " levels");
      return false;
    }
    open_.push_back({place(std::move(container)), 0, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const int max_depth_;
  Json root_;
  std::vector<Open> open_;
  Status status_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return resource_exhausted("JSON: expected at most ", limits.max_bytes, " bytes, found ", text.size());
  }
  Builder builder(limits.max_depth);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  return builder.status();
}

}  // namespace tenfold
