// The tests of the template language (`value is name`).
#pragma once

#include <string_view>

#include "jinja/native.h"

namespace tenfold::jinja {

const NativeSpec* find_test(std::string_view name);
Status no_such_test(std::string_view name);

}  // namespace tenfold::jinja
