// From JSON to the values of a template. Apart from value.h, for the JSON library's header is large and few need it.
#pragma once

#include <span>

#include "base/json.h"
#include "jinja/value.h"
#include "jinja/written_part.h"

namespace tenfold::jinja {

// Texts are given, but for the parts that are `written`, which are in the order of comes_before().
// Errors: kResourceExhausted for JSON nested too deep.
Result<Value> from_json(Heap* heap, const Json& json, std::span<const WrittenPart> written);

}  // namespace tenfold::jinja
