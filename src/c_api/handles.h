// What the opaque handles of the C interface are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tenfold/c_api.h"
#include "tenfold/cancel.h"
#include "tenfold/conversation.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

struct tf_error {
  tenfold::Status status;
  std::string message;
};

// Whoever takes it keeps it alive.
struct tf_cancel {
  std::shared_ptr<tenfold::Cancel> cancel;
};

struct tf_engine {
  std::shared_ptr<tenfold::Engine> engine;
};

// Options and messages: their value, and the first failure of the functions that set it.
struct tf_engine_options {
  tenfold::EngineOptions value;
  tf_on_warning on_warning = nullptr;
  void* warning_data = nullptr;
  tenfold::Status failed = {};
};

struct tf_embed_options {
  tenfold::EmbedOptions value;
  std::shared_ptr<tenfold::Cancel> cancel;
  tenfold::Status failed = {};
};

struct tf_image_options {
  tenfold::ImageOptions value;
  std::shared_ptr<tenfold::Cancel> cancel;
  tenfold::Status failed = {};
};

struct tf_generate_options {
  tenfold::GenerateOptions value;
  std::shared_ptr<tenfold::Cancel> cancel;
  tenfold::Status failed = {};
};

struct tf_conversation_options {
  tenfold::ConversationOptions value;
  tenfold::Status failed = {};
};

struct tf_message {
  tenfold::Message value;
  tenfold::Status failed = {};
};

struct tf_tokens {
  std::vector<tenfold::TokenId> tokens;
};

struct tf_text {
  std::string text;
};

struct tf_image {
  tenfold::ImageRef image;
};

struct tf_answer {
  tenfold::ChatAnswer answer;
};

struct tf_conversation {
  std::unique_ptr<tenfold::Conversation> conversation;
};

struct tf_session {
  std::shared_ptr<tenfold::Engine> engine;
  std::unique_ptr<tenfold::Session> session;
};

namespace tenfold {

// Handles that only show something are what they show.
inline const tf_model_info* as_handle(const ModelInfo& info) noexcept {
  return reinterpret_cast<const tf_model_info*>(&info);
}
inline const tf_tool_call* as_handle(const ToolCall& call) noexcept {
  return reinterpret_cast<const tf_tool_call*>(&call);
}
inline const tf_piece* as_handle(const ReplyPiece& piece) noexcept { return reinterpret_cast<const tf_piece*>(&piece); }
inline const ModelInfo* shown(const tf_model_info* info) noexcept { return reinterpret_cast<const ModelInfo*>(info); }
inline const ToolCall* shown(const tf_tool_call* call) noexcept { return reinterpret_cast<const ToolCall*>(call); }
inline const ReplyPiece* shown(const tf_piece* piece) noexcept { return reinterpret_cast<const ReplyPiece*>(piece); }

}  // namespace tenfold
