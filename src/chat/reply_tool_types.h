// What tools declare: their names, for calls that nothing else marks, and the types of their parameters, for grammars
// that write values as text.
//
// Tools come as the chat template gets them: a list of objects with name and parameters (a JSON schema), each as it is
// or under "function". Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "base/json.h"

namespace tenfold {

// The tool's name; empty if the entry is none.
std::string_view tool_name(const Json& entry);

// The value of a parameter that a grammar writes as text: text where the tool declares that, else what it reads as.
Json value_of_text(std::string_view text, std::string_view tool, std::string_view parameter, const Json& tools);

// Numbers and truth values that were written as text become what the tool declares.
void fit_to_declared_types(Json& arguments, std::string_view tool, const Json& tools);

}  // namespace tenfold
