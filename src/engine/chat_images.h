// Pictures in the messages of a conversation. Pure functions on what came from outside.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace tenfold {

// Parts of all messages that are pictures: {"type": "image", …}, or "image_url" as OpenAI's clients write it.
std::size_t count_images(const Json& messages);

// A content of pictures and then a text: [{"type": "image"}, {"type": "text", "text": "…"}].
Json image_parts(std::size_t n_images, const Json& text);

// The same messages for a template that knows no parts: contents as text, pictures as `image_text` before it.
Json images_as_text(const Json& messages, std::string_view image_text);

std::size_t count_of(std::string_view text, std::string_view in);

}  // namespace tenfold
