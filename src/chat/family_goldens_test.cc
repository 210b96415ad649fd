// Templates of model families against jinja2: what tools/make_template_goldens.py wrote down.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <fstream>
#include <iterator>

#include "chat/chat_template.h"

namespace tenfold {
namespace {

const std::string kTestdata = TENFOLD_SOURCE_DIR "/src/chat/testdata/";

std::string read_file(const std::string& name) {
  std::ifstream file(kTestdata + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Json read_json(const std::string& name) {
  auto json = parse_json(read_file(name));
  EXPECT_TRUE(json.ok()) << name << ": " << json.status().to_string();
  return json.ok() ? *json : Json();
}

// The rendered text, or null for any error but one that a limit caused.
Json render(const std::string& source, const ChatTemplateInput& input) {
  const auto parsed = ChatTemplate::parse(source);
  EXPECT_NE(parsed.status().code(), StatusCode::kInternal) << source;
  if (!parsed.ok()) return nullptr;
  const auto text = parsed->render(input);
  EXPECT_NE(text.status().code(), StatusCode::kInternal) << source;
  return text.ok() ? Json(text->text) : Json();
}

class FamilyGoldens : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(FamilyGoldens, EveryFamilyOnEveryConversation) {
  const Json goldens = read_json("families.json");
  const Json conversations = read_json("conversations.json");
  const std::int64_t now_s = 1753791300;  // template_reference.NOW
  ASSERT_GE(goldens.size(), 12u);
  for (const auto& [family, texts] : goldens.items()) {
    const std::string source = read_file("families/" + family + ".jinja");
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
