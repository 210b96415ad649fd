// The filters of the template language (`value | name(…)`), in four tables by what they work on.
#pragma once

#include <span>
#include <string_view>

#include "jinja/native.h"

namespace tenfold::jinja {

const NativeSpec* find_filter(std::string_view name);
// Why there is no such filter: Jinja does not know it, or Tenfold does not have it.
Status no_such_filter(std::string_view name);

std::span<const NativeSpec> text_filters();
std::span<const NativeSpec> number_filters();
std::span<const NativeSpec> sequence_filters();
std::span<const NativeSpec> selection_filters();

}  // namespace tenfold::jinja
