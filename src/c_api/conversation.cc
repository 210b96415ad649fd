#include "c_api/call.h"

using namespace tenfold;

static_assert(TF_WHEN_FULL_REFUSE == static_cast<int>(WhenFull::kRefuse));
static_assert(TF_GIVEN_PARSED == static_cast<int>(GivenText::kParsed));

namespace {

struct PieceCallback {
  tf_on_piece on_piece;
  void* user_data;
};

Result<ChatAnswer> send(tf_conversation& conversation, std::span<Message> messages, const tf_generate_options* options,
                        PieceCallback callback) {
  tf_generate_options chosen;
  TENFOLD_RETURN_IF_ERROR(take(options, chosen));
  SendOptions how;
  how.generate = std::move(chosen.value);
  how.generate.cancel = chosen.cancel.get();
  if (callback.on_piece != nullptr) {
    how.on_piece = [=](const ReplyPiece& piece) {
      return callback.on_piece(as_handle(piece), callback.user_data) != 0;
    };
  }
  return conversation.conversation->send_all(messages, how);
}

}  // namespace

extern "C" {

tf_status tf_conversation_create(tf_engine* engine, const tf_conversation_options* options,
                                 tf_conversation** conversation, tf_error** error) {
  return create(conversation, "conversation", error, [&]() -> Result<std::unique_ptr<Conversation>> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    tf_conversation_options chosen;
    TENFOLD_RETURN_IF_ERROR(take(options, chosen));
    return Conversation::create(engine->engine, std::move(chosen.value));
  });
}
void tf_conversation_free(tf_conversation* conversation) { delete conversation; }

tf_status tf_conversation_send(tf_conversation* conversation, const tf_message* const* messages, size_t n_messages,
                               const tf_generate_options* options, tf_on_piece on_piece, void* user_data,
                               tf_answer** answer, tf_error** error) {
  return give_answer(answer, error, [&]() -> Result<ChatAnswer> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    if (n_messages > 0) TENFOLD_RETURN_IF_ERROR(expect_not_null(messages, "messages"));
    std::vector<Message> copies;
    for (std::size_t i = 0; i < n_messages; ++i) {
      TENFOLD_RETURN_IF_ERROR(expect_not_null(messages[i], "messages"));
      tf_message copy;
      TENFOLD_RETURN_IF_ERROR(take(messages[i], copy));
      copies.push_back(std::move(copy.value));
    }
    return send(*conversation, copies, options, {on_piece, user_data});
  });
}

tf_status tf_conversation_ask(tf_conversation* conversation, const char* text, const tf_generate_options* options,
                              tf_on_piece on_piece, void* user_data, tf_answer** answer, tf_error** error) {
  return give_answer(answer, error, [&]() -> Result<ChatAnswer> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "text"));
    Message message("user", text);
    return send(*conversation, {&message, 1}, options, {on_piece, user_data});
  });
}

int32_t tf_conversation_n_messages(const tf_conversation* conversation) {
  return look(conversation, [](const tf_conversation& of) { return to_int32(of.conversation->messages().size()); });
}
tf_status tf_conversation_message(const tf_conversation* conversation, int32_t index, tf_message** message,
                                  tf_error** error) {
  return create(message, "message", error, [&]() -> Result<Message> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    const std::span<const Message> all = conversation->conversation->messages();
    if (index >= 0 && static_cast<std::size_t>(index) < all.size()) return all[static_cast<std::size_t>(index)];
    return invalid_argument("index: expected less than ", all.size(), ", found ", index);
  });
}

tf_status tf_conversation_save(tf_conversation* conversation, const char* path, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(path, "path"));
    return conversation->conversation->save(path);
  });
}

tf_status tf_conversation_restore(tf_conversation* conversation, const char* path, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(path, "path"));
    return conversation->conversation->restore(path);
  });
}

tf_status tf_conversation_reset(tf_conversation* conversation, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(conversation, "conversation"));
    return conversation->conversation->reset();
  });
}

}  // extern "C"
