// Templates of model families against jinja2: what tools/make_template_goldens.py wrote down.
#include <gtest/gtest.h>

#include "chat/chat_template.h"
#include "jinja/goldens_testing.h"

namespace tenfold {
namespace {

const std::string kTestdata = TENFOLD_SOURCE_DIR "/src/chat/testdata/";

// The rendered text, or null for any error but one that a limit caused.
Json render(const std::string& source, const ChatTemplateInput& input) {
  const auto parsed = ChatTemplate::parse(source);
  EXPECT_NE(parsed.status().code(), StatusCode::kInternal) << source;
  if (!parsed.ok()) return nullptr;
  const auto text = parsed->render(input);
  EXPECT_NE(text.status().code(), StatusCode::kInternal) << source;
  return text.ok() ? Json(text->text) : Json();
}

using FamilyGoldens = InUtc;

TEST_F(FamilyGoldens, EveryFamilyOnEveryConversation) {
  const Json goldens = read_golden_json(kTestdata + "families.json");
  const Json conversations = read_golden_json(kTestdata + "conversations.json");
  const std::int64_t now_s = 1753791300;  // template_reference.NOW
  ASSERT_GE(goldens.size(), 12u);
  for (const auto& [family, texts] : goldens.items()) {
    const std::string source = read_golden_text(kTestdata + "families/" + family + ".jinja");
    ASSERT_EQ(texts.size(), conversations.size());
    for (const auto& [name, text] : texts.items()) {
      const Json& conversation = conversations[name];
      ChatTemplateInput input;
      input.messages = conversation["messages"];
      input.tools = conversation["tools"];
      input.documents = conversation["documents"];
      input.add_generation_prompt =
          !conversation.contains("add_generation_prompt") || conversation["add_generation_prompt"].get<bool>();
      input.bos_token = "<s>";
      input.eos_token = "</s>";
      input.variables = conversation["variables"];
      input.now_s = now_s;
      EXPECT_EQ(render(source, input), text) << family << " on " << name;
    }
  }
}

}  // namespace
}  // namespace tenfold
