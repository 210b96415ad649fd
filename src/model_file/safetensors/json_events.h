// JSON of a known form, read event by event: no tree is built, so that a hostile header takes little memory and names
// cost no search. Whatever the form does not foresee ends the parsing with an error.
//
// nlohmann's parser does the work and calls the functions below the line; a form overrides those above it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold {

class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  // Errors: kCorruptData for text that is not JSON or not UTF-8, and what the form's functions return.
  Status parse(std::string_view text);

 protected:
  // Each takes the next event or says why it cannot. bracket: '{' or '['.
  virtual Status on_open(char bracket) = 0;
  virtual Status on_close() = 0;
  virtual Status on_key(std::string& key) = 0;
  virtual Status on_string(std::string& text) = 0;
  virtual Status on_unsigned(std::uint64_t number) = 0;
  virtual Status on_other(const char* what) = 0;  // "null", "a fraction", …

 public:
  bool null() final { return take(on_other("null")); }
  bool boolean(bool /*value*/) final { return take(on_other("true or false")); }
  bool number_integer(std::int64_t /*value*/) final { return take(on_other("a negative number")); }
  bool number_unsigned(std::uint64_t value) final { return take(on_unsigned(value)); }
  bool number_float(double /*value*/, const std::string& /*text*/) final { return take(on_other("a fraction")); }
  bool string(std::string& text) final { return take(on_string(text)); }
  bool binary(binary_t& /*value*/) final { return take(on_other("binary data")); }
  bool start_object(std::size_t /*size*/) final { return take(on_open('{')); }
  bool key(std::string& text) final { return take(on_key(text)); }
  bool end_object() final { return take(on_close()); }
  bool start_array(std::size_t /*size*/) final { return take(on_open('[')); }
  bool end_array() final { return take(on_close()); }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) final;

 private:
  bool take(Status status);

  Status status_;
};

}  // namespace tenfold
