// Messages as chat templates see them, in the shape of Transformers and of the OpenAI API.
#pragma once

#include <span>

#include "base/json.h"
#include "tenfold/message.h"

namespace tenfold {

// A content of one text is that text, any other a list of parts; that of an assistant who only calls is null. Arguments
// of calls are objects. Bytes that are not UTF-8 become U+FFFD.
Json to_json(std::span<const Message> messages);

// Texts of all kinds in the messages, in bytes.
std::size_t text_bytes(std::span<const Message> messages);

}  // namespace tenfold
