// Messages as chat templates see them, in the shape of Transformers and of the OpenAI API.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tenfold/message.h"
#include "tenfold/status.h"

namespace tenfold {

// A content of one text is that text, any other a list of parts; that of an assistant who only calls is null. Arguments
// of calls are objects, of an empty text {}. Bytes that are not UTF-8 become U+FFFD.
// Errors: kInvalidArgument for arguments that are no JSON object; those of replies always are.
Result<Json> to_json(std::span<const Message> messages);

// The same with all that a message is, images by their hash; and back, with images out of `images`.
// Errors: kCorruptData for anything that save_messages() did not write, or an image that is not there.
std::string save_messages(std::span<const Message> messages);
Result<std::vector<Message>> restore_messages(std::string_view saved, std::span<const ImageRef> images);

// Texts of all kinds in the messages, in bytes.
std::size_t text_bytes(std::span<const Message> messages);

}  // namespace tenfold
