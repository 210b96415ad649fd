// Reads the calls between two markers. Families differ in the markers; what lies between them is written in one of five
// grammars, and a model that takes another one than its own is understood all the same.
//
// Pure functions, thread-safe. Time and memory are proportional to the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tenfold/reply.h"

namespace tenfold {

enum class CallGrammar {
  kJson,    // {"name": "f", "arguments": {…}}, or a list of such objects
  kNamed,   // f{…}, with markers of the family between the name and the object
  kTagged,  // f<arg_key>k</arg_key><arg_value>v</arg_value>, or <function=f><parameter=k>v</parameter></function>
  kPython,  // [f(k=1, l="x"), g()]
  kKeyed,   // {"f": {…}}, or a list of such objects
};

using ToolCalls = std::vector<ToolCall>;

// The calls in `body`, read as `expected` or else as whatever it is. None if a part of it is no call.
//   tools: those that were offered, as the chat template gets them, or null. Where a grammar does not say whether 5 is
//   a number or text, the type that the tool declares does.
ToolCalls read_calls(std::string_view body, CallGrammar expected, const Json& tools);

// One grammar each; none as above.
ToolCalls read_json_calls(std::string_view body, const Json& tools);
ToolCalls read_named_call(std::string_view body, const Json& tools);
ToolCalls read_tagged_calls(std::string_view body, const Json& tools);
ToolCalls read_python_calls(std::string_view body, const Json& tools);
ToolCalls read_keyed_calls(std::string_view body, const Json& tools);

// What a grammar has found, made into a call. `arguments` is an object, the text of one, or null for none.
// Nothing if they are something else, or if the name cannot be one.
std::optional<ToolCall> make_call(std::string_view name, std::string_view id, Json arguments, const Json& tools);

// The text without white space and ``` fences around it.
std::string_view without_fence(std::string_view text);

}  // namespace tenfold
