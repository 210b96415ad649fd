#include "chat/template_habits.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

TemplateHabits habits_of(std::string_view source) {
  return probe_template(ChatTemplate::parse(source).value()).value();
}

std::string each(const std::string& body) { return "{% for m in messages %}" + body + "{% endfor %}"; }

TEST(TemplateHabits, KnowsWhichContentsAreShown) {
  const auto user = [](const std::string& body) { return habits_of(each(body)).user; };
  EXPECT_EQ(user("{{ m.role + m.content }}"), ContentShape::kText);
  EXPECT_EQ(user("{{ m.role }}{{ m.content }}"), ContentShape::kText) << "a list is printed, but not its texts";
  EXPECT_EQ(user("{% for p in m.content %}{{ p.text }}{% endfor %}"), ContentShape::kParts);
  EXPECT_EQ(user("{{ m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join }}"),
            ContentShape::kParts);
  EXPECT_EQ(user("{{ m.content[0]['text'] }}"), ContentShape::kOnePart);
  EXPECT_EQ(user("{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% endfor %}"
                 "{% endif %}"),
            ContentShape::kAny);
  EXPECT_EQ(user("{{ m.role }}"), ContentShape::kAny) << "nobody knows better";
}

TEST(TemplateHabits, KnowsThemByRole) {
  const TemplateHabits habits =
      habits_of(each("{% if m.role == 'system' %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% "
                     "endfor %}{% endif %}"));
  EXPECT_EQ(habits.shape_for("system"), ContentShape::kText);
  EXPECT_EQ(habits.shape_for("user"), ContentShape::kParts);
  EXPECT_EQ(habits.shape_for("assistant"), ContentShape::kParts);
  EXPECT_EQ(habits.shape_for("developer"), ContentShape::kParts);
}

TEST(TemplateHabits, KnowsWhichSystemMessagesAreShown) {
  const TemplateHabits shown = habits_of(each("{{ m.role }}{{ m.content }}"));
  EXPECT_TRUE(shown.shows_system && shown.shows_later_system);
  const TemplateHabits dropped =
      habits_of(each("{% if m.role == 'user' or m.role == 'assistant' %}{{ m.content }}{% endif %}"));
  EXPECT_FALSE(dropped.shows_system || dropped.shows_later_system);
  const TemplateHabits refused =
      habits_of(each("{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}"));
  EXPECT_FALSE(refused.shows_system || refused.shows_later_system);
  const TemplateHabits first_alone =
      habits_of(each("{% if m.role != 'system' or loop.first %}{{ m.content }}{% endif %}"));
  EXPECT_TRUE(first_alone.shows_system);
  EXPECT_FALSE(first_alone.shows_later_system);
}

TEST(TemplateHabits, KnowsBesideWhichContentCallsAreShown) {
  const auto shown = [](const std::string& test) {
    const TemplateHabits habits =
        habits_of(each("{% if " + test +
                       " %}{% for c in m.tool_calls %}{{ c.function.name }}{% endfor %}{% else %}{{ m.content }}"
                       "{% endif %}"));
    return std::string(habits.shows_call_without_content ? "absent " : "") +
           (habits.shows_call_beside_null ? "null " : "") + (habits.shows_call_beside_empty ? "empty" : "");
  };
  EXPECT_EQ(shown("m.tool_calls"), "absent null empty");
  EXPECT_EQ(shown("m.role == 'assistant' and m.content is none"), "null ");
  EXPECT_EQ(shown("m.role == 'assistant' and not m.content"), "absent null empty");
  EXPECT_EQ(shown("m.role == 'assistant' and m.content == ''"), "empty");
  EXPECT_EQ(shown("m.role == 'assistant' and m.content is undefined"), "absent ");
}

TEST(TemplateHabits, AnyTemplateIsProbedInLittleTime) {
  for (const char* source :
       {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ raise_exception('never') }}", "{{ messages[7].content }}", "{{ 'x' * 10000000 }}", "x"}) {
    EXPECT_EQ(habits_of(source).user, ContentShape::kAny) << source;
    EXPECT_TRUE(habits_of(source).shows_system) << source;
  }
}

TEST(TemplateHabits, OneThatKnowsNoCallsIsGivenAnEmptyContentBesideThem) {
  const auto plain = ChatTemplate::parse("{% for m in messages %}{{ m['role'] + m['content'] }}{% endfor %}");
  ASSERT_TRUE(plain.ok());
  const auto habits = probe_template(*plain);
  ASSERT_TRUE(habits.ok());
  EXPECT_FALSE(habits->shows_call_without_content);
  EXPECT_FALSE(habits->shows_call_beside_null);
  EXPECT_TRUE(habits->shows_call_beside_empty);
  const auto patient = ChatTemplate::parse("{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}");
  EXPECT_TRUE(probe_template(*patient)->shows_call_without_content);
}

}  // namespace
}  // namespace tenfold
