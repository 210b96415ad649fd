// From JSON to the values of a template. Apart from value.h, for the JSON library's header is large and few need it.
#pragma once

#include "base/json.h"
#include "jinja/value.h"

namespace tenfold::jinja {

// Errors: kUnsupported for an integer past 64 bits signed. Depth is bounded by JsonLimits of whoever parsed it.
Result<Value> from_json(Heap* heap, const Json& json);

}  // namespace tenfold::jinja
