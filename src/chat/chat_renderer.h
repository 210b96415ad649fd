// ChatRenderer: conversations as a model's chat template writes them, every message with all its text.
//
// Looks once at what the template is made for (template_habits.h) and gives it messages in that shape. What it would
// leave out goes where it is shown, or is refused by name; only of thoughts it shows those it was made to. A source
// that is empty, or the word "chatml", stands for ChatML, as files in circulation have it.
//
// Immutable and cheap to copy; any number of threads may render at once.
#pragma once

#include <string_view>

#include "chat/chat_template.h"
#include "chat/template_habits.h"

namespace tenfold {

// What images are in a prompt's text; empty where the model sees none.
struct ImageWords {
  std::string_view placeholder;  // one for each image
  std::string_view text;         // the placeholder with what stands around it
};

class ChatRenderer {
 public:
  // The template that a source stands for.
  static std::string_view template_of(std::string_view source) noexcept;

  // Errors: those of ChatTemplate::parse.
  static Result<ChatRenderer> create(std::string_view source);

  // input.messages: as they came, with images under any of their names. A placeholder in what was given is text.
  // Errors: those of ChatTemplate::render, shape_messages and expect_shown; kUnsupported if neither parts nor texts
  // make the template write one placeholder an image.
  Result<RenderedChat> render(ChatTemplateInput input, const ImageWords& images) const;

 private:
  ChatRenderer(ChatTemplate chat_template, const TemplateHabits& habits, const TemplateHabits& habits_with_tools)
      : template_(std::move(chat_template)), habits_(habits), habits_with_tools_(habits_with_tools) {}
  Result<RenderedChat> render_images(ChatTemplateInput& input, const TemplateHabits& habits,
                                     const ImageWords& images) const;

  ChatTemplate template_;
  TemplateHabits habits_, habits_with_tools_;
};

}  // namespace tenfold
