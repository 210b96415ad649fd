#include "chat/chat_renderer.h"

#include "base/error.h"
#include "base/guard.h"
#include "chat/message_parts.h"
#include "chat/prepare_messages.h"
#include "chat/shape_messages.h"
#include "chat/shown_roles.h"

namespace tenfold {

namespace {

constexpr std::string_view kChatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

bool stands_for_chatml(std::string_view source) {
  const std::size_t begin = source.find_first_not_of(" \t\r\n");
  if (begin == source.npos) return true;
  return source.substr(begin, source.find_last_not_of(" \t\r\n") + 1 - begin) == "chatml";
}

// Occurrences of `word` of which no byte was given.
std::size_t count_written(std::string_view word, const RenderedChat& chat) {
  std::size_t n = 0;
  auto given = chat.given.begin();
  for (std::size_t at = chat.text.find(word); at != std::string::npos; at = chat.text.find(word, at + word.size())) {
    while (given != chat.given.end() && given->end <= at) ++given;
    n += given == chat.given.end() || given->begin >= at + word.size() ? 1 : 0;
  }
  return n;
}

}  // namespace

std::string_view ChatRenderer::template_of(std::string_view source) noexcept {
  return stands_for_chatml(source) ? kChatMl : source;
}

Result<ChatRenderer> ChatRenderer::create(std::string_view source) {
  return guard([&]() -> Result<ChatRenderer> {
    TENFOLD_ASSIGN_OR_RETURN(ChatTemplate parsed, ChatTemplate::parse(template_of(source)));
    TENFOLD_ASSIGN_OR_RETURN(const TemplateHabits habits, probe_template(parsed, Tools::kNone));
    if (source.find("tools") == source.npos) return ChatRenderer(std::move(parsed), habits, habits);
    TENFOLD_ASSIGN_OR_RETURN(const TemplateHabits with_tools, probe_template(parsed, Tools::kSome));
    return ChatRenderer(std::move(parsed), habits, with_tools.shows_questions ? with_tools : habits);
  });
}

Result<RenderedChat> ChatRenderer::render(ChatTemplateInput input, const ImageWords& images) const {
  return guard([&]() -> Result<RenderedChat> {
    const TemplateHabits& habits = input.tools.is_array() && !input.tools.empty() ? habits_with_tools_ : habits_;
    TENFOLD_ASSIGN_OR_RETURN(RenderedChat chat, render_images(input, habits, images));
    TENFOLD_RETURN_IF_ERROR(expect_shown(template_, std::move(input), habits));
    return chat;
  });
}

// Leaves in `input` the messages that the template was given.
Result<RenderedChat> ChatRenderer::render_images(ChatTemplateInput& input, const TemplateHabits& habits,
                                                 const ImageWords& images) const {
  const auto render_with = [&](ImageForm form, Json messages) -> Result<RenderedChat> {
    input.messages = prepare_messages(std::move(messages));
    TENFOLD_ASSIGN_OR_RETURN(const auto written, shape_messages(input.messages, habits, {form, images.text}));
    return template_.render(input, written);
  };
  const std::size_t n_images = count_images(input.messages);
  if (n_images == 0 || images.placeholder.empty()) return render_with(ImageForm::kPart, std::move(input.messages));
  const Json given = std::move(input.messages);
  Result<RenderedChat> chat = render_with(ImageForm::kPart, given);
  if (chat.ok() && count_written(images.placeholder, *chat) == n_images) return chat;
  // A template that knows no images.
  chat = render_with(ImageForm::kText, given);
  if (!chat.ok() || count_written(images.placeholder, *chat) == n_images) return chat;
  return unsupported("chat template: expected it to write ", n_images, " placeholders for images, found ",
                     count_written(images.placeholder, *chat));
}

}  // namespace tenfold
