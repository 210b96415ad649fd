// Gives messages the shape in which a template shows all of them.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "chat/template_habits.h"
#include "jinja/written_part.h"

namespace tenfold {

// How images reach the template: as the parts they came as, or as image_text within a text.
enum class ImageForm { kPart, kText };

struct ImageRule {
  ImageForm form = ImageForm::kPart;
  std::string_view image_text;  // what stands for an image in a text; empty where the model sees none
};

// In place: contents become texts or lists of parts, what the template drops goes where it is shown
// (carry_dropped.h), and calls of tools get the content beside which they are shown. Texts stay as they are.
// Gives the parts of texts in `messages` that are images' texts; they hold as long as nobody changes the messages.
// What a tool gave that is no text and no list of texts and images becomes text: JSON.
// Errors: kInvalidArgument for messages of another form, a dropped system message where nobody asks, and a role whose
// messages the template shows in no shape; kUnsupported for parts that are neither text nor image nor thought, or
// images that cannot be shown, where a template takes texts alone.
Result<std::vector<jinja::WrittenPart>> shape_messages(Json& messages, const TemplateHabits& habits,
                                                       const ImageRule& rule);

}  // namespace tenfold
