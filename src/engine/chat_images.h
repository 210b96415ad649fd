// Pictures in the messages of a conversation. Pure functions on what came from outside.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace tenfold {

// Parts of all messages that are pictures: {"type": "image", …}, or "image_url" as OpenAI's clients write it.
std::size_t count_images(const Json& messages);

// The same messages for a template that knows no parts: contents as text, pictures as `image_text` before it.
Json images_as_text(const Json& messages, std::string_view image_text);

std::size_t count_of(std::string_view text, std::string_view in);

}  // namespace tenfold
