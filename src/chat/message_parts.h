// Messages whose content is a list of parts, texts and images. Pure functions on what came from outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tenfold/status.h"
#include "tenfold/text_range.h"

namespace tenfold {

// Parts of all messages that are images, under any of their names: "image", "image_url", "input_image".
std::size_t count_images(const Json& messages);

// A thought that stands among the parts of an answer: {"type": "thinking", "thinking": "…"}, also with a list of texts.
bool is_thought(const Json& part);
// What all thoughts of a content say together; empty if there are none.
std::string thoughts_of(const Json& content);

// Whether a text is nothing but white space.
bool is_blank(std::string_view text);
// Whether a content, a list of parts, has no image, no thought and nothing but blanks in its texts.
bool says_nothing(const Json& content);

// A content of images and then a text, which is a string: [{"type": "image"}, {"type": "text", "text": "…"}].
Json image_parts(std::size_t n_images, const Json& text);
// A content of one text; likewise.
Json text_parts(const Json& text);

// Gives texts and images the names that templates know, "text" and "image"; a bare string becomes a text, too.
// content: a list of parts. Errors: kUnsupported for a part that is neither text nor image nor thought; nothing is
// changed then.
Status use_common_names(Json& content);

// A content, a list of parts, as one text in their order, and where in it images stand.
struct FlatContent {
  std::string text;
  std::vector<TextRange> images;
};

// image_text: what stands for an image; empty where there is nothing that could.
// Errors: kUnsupported for an image without such a text, and for a part that is neither text nor image.
Result<FlatContent> flatten(const Json& content, std::string_view image_text);

}  // namespace tenfold
