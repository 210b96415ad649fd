#include "chat/template_habits.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

TemplateHabits habits_of(std::string_view source) {
  return probe_template(ChatTemplate::parse(source).value(), Tools::kNone).value();
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
  EXPECT_EQ(shown.system, ContentShape::kText);
  EXPECT_TRUE(shown.shows_later_system && shown.shows_system_before_answer);
  const TemplateHabits dropped =
      habits_of(each("{% if m.role == 'user' or m.role == 'assistant' %}{{ m.content }}{% endif %}"));
  EXPECT_EQ(dropped.system, ContentShape::kNone);
  EXPECT_EQ(dropped.developer, ContentShape::kNone);
  EXPECT_FALSE(dropped.shows_later_system);
  const TemplateHabits refused =
      habits_of(each("{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}"));
  EXPECT_EQ(refused.system, ContentShape::kNone);
  EXPECT_FALSE(refused.shows_later_system);
  const TemplateHabits first_alone =
      habits_of(each("{% if m.role != 'system' or loop.first %}{{ m.content }}{% endif %}"));
  EXPECT_EQ(first_alone.system, ContentShape::kText);
  EXPECT_FALSE(first_alone.shows_later_system);
  const TemplateHabits in_last_question =
      habits_of(each("{% if m.role != 'system' %}{{ (messages[0].content if loop.last and m.role == 'user' else '') + "
                     "m.content }}{% endif %}"));
  EXPECT_EQ(in_last_question.system, ContentShape::kText);
  EXPECT_FALSE(in_last_question.shows_system_before_answer);
}

TEST(TemplateHabits, KnowsBesideWhichContentCallsAreShown) {
  const auto shown = [](const std::string& test) {
    const TemplateHabits habits = habits_of(
        each("{% if " + test +
             " %}{% for c in m.tool_calls %}{{ c.function.name ~ c.function.arguments }}{% endfor %}{% else %}"
             "{{ m.content }}"
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
    EXPECT_FALSE(habits_of(source).shows_questions || habits_of(source).knows("user")) << source;
    EXPECT_EQ(habits_of(source).system, ContentShape::kAny) << source;
  }
}

TEST(TemplateHabits, KnowsWhatIsShownInNoShape) {
  const TemplateHabits plain = habits_of(each("{{ m.role + m.content }}"));
  EXPECT_TRUE(plain.shows_questions);
  EXPECT_FALSE(plain.shows_calls);
  EXPECT_EQ(plain.tool, ContentShape::kText);
  EXPECT_EQ(plain.developer, ContentShape::kText);
  const TemplateHabits three_roles =
      habits_of(each("{% if m.role in ['system', 'user', 'assistant'] %}{{ '' + "
                     "m.content }}{% endif %}"));
  EXPECT_EQ(three_roles.tool, ContentShape::kNone);
  EXPECT_EQ(three_roles.developer, ContentShape::kNone);
  EXPECT_EQ(three_roles.assistant, ContentShape::kText);
  EXPECT_EQ(habits_of(each("{% if m.role == 'user' %}{{ m.content }}{% endif %}")).assistant, ContentShape::kNone);
  EXPECT_TRUE(plain.knows("tool") && plain.knows("developer"));
  EXPECT_FALSE(plain.knows("critic"));
}

TEST(TemplateHabits, KnowsWhetherAllOfAllCallsIsShown) {
  const auto habits = [](const std::string& call) {
    return habits_of(each("{{ '' + (m.content or '') }}{% for c in m.tool_calls or [] %}" + call + "{% endfor %}"));
  };
  const TemplateHabits all = habits("{{ c.function.name ~ c.function.arguments | tojson }}");
  EXPECT_TRUE(all.shows_calls && all.shows_parallel_calls && !all.wants_arguments_as_text);
  const TemplateHabits as_text = habits("{{ c.function.name + c.function.arguments }}");
  EXPECT_TRUE(as_text.shows_calls && as_text.wants_arguments_as_text);
  EXPECT_FALSE(habits("{{ c.function.name }}").shows_calls) << "without arguments";
  const TemplateHabits first = habits("{{ c.function.name ~ c.function.arguments if loop.first }}");
  EXPECT_TRUE(first.shows_calls);
  EXPECT_FALSE(first.shows_parallel_calls);
}

TEST(TemplateHabits, KnowsWhichTextsAreShownBesideCalls) {
  const std::string calls = "{% for c in m.tool_calls %}{{ c.function.name ~ c.function.arguments }}{% endfor %}";
  EXPECT_EQ(habits_of(each("{{ '' + (m.content or '') }}" + calls)).beside_calls, ContentShape::kText);
  const std::string either = "{% if m.tool_calls %}" + calls + "{% else %}{{ '' + m.content }}{% endif %}";
  const TemplateHabits dropped = habits_of(each(either));
  EXPECT_EQ(dropped.beside_calls, ContentShape::kNone);
  EXPECT_TRUE(dropped.shows_text_before_calls);
  const TemplateHabits once = habits_of(
      "{% if messages | rejectattr('tool_calls') | selectattr('role', 'equalto', 'assistant') | list | length "
      "> 1 %}{{ raise_exception('one answer a question') }}{% endif %}" +
      each(either));
  EXPECT_EQ(once.beside_calls, ContentShape::kNone);
  EXPECT_FALSE(once.shows_text_before_calls);
  EXPECT_EQ(habits_of(each("{% if m.role == 'assistant' and m.content is none %}" + calls +
                           "{% else %}{{ '' + m.content }}{% endif %}"))
                .beside_calls,
            ContentShape::kNone)
      << "the text is shown, but no call";
}

}  // namespace
}  // namespace tenfold
