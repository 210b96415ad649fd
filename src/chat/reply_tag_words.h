// The tags between which calls of each family have their names, keys and values. Constants.
#pragma once

#include <array>
#include <string_view>

namespace tenfold {

struct TagWords {
  std::string_view before_name, after_name;
  std::string_view before_key, after_key;  // up to `before_value` there may be attributes
  std::string_view before_value, after_value;
  std::string_view after_call;                       // ends a value, too
  std::string_view before_raw = {}, after_raw = {};  // inside of the others, around a value that may have tags in it
};

// The words that show which it is come first: a call is never without its name.
inline constexpr std::array<TagWords, 6> kTagWords = {{
    {"<function=", ">", "<parameter=", ">", "", "</parameter>", "</function>"},
    {"<invoke name=\"", "\"", "<parameter name=\"", "\"", ">", "</parameter>", "</invoke>"},
    {"<｜DSML｜invoke name=\"", "\"", "<｜DSML｜parameter name=\"", "\"", ">", "</｜DSML｜parameter>",
     "</｜DSML｜invoke>"},
    {"<steptml:invoke name=\"", "\"", "<steptml:parameter name=\"", "\"", ">", "</steptml:parameter>",
     "</steptml:invoke>"},
    {"<function name=\"", "\"", "<param name=\"", "\"", ">", "</param>", "</function>", "<![CDATA[", "]]>"},
    {"", "<arg_key>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", "</tool_call>"},
}};

}  // namespace tenfold
