// The interpreter against jinja2: what tools/make_template_goldens.py wrote down.
#include <gtest/gtest.h>

#include "jinja/goldens_testing.h"
#include "jinja/template.h"

namespace tenfold::jinja {
namespace {

const std::string kTestdata = TENFOLD_SOURCE_DIR "/src/jinja/testdata/";

// The rendered text, or null for any error but one that a limit caused.
Json render(const std::string& source, const Input& input) {
  const auto parsed = Template::parse(source);
  EXPECT_NE(parsed.status().code(), StatusCode::kInternal) << source;
  if (!parsed.ok()) return nullptr;
  const auto text = parsed->render(input);
  EXPECT_NE(text.status().code(), StatusCode::kInternal) << source;
  return text.ok() ? Json(text->text) : Json();
}

using LanguageGoldens = InUtc;

TEST_F(LanguageGoldens, EveryFeatureOfTheLanguage) {
  const Json goldens = read_golden_json(kTestdata + "language.json");
  ASSERT_GT(goldens["cases"].size(), 1000u);
  for (const Json& golden : goldens["cases"]) {
    Input input;
    for (const auto& [name, value] : goldens["variables"].items()) input.variables.push_back({name, &value});
    input.now_s = goldens["now_s"].get<std::int64_t>();
    const auto source = golden[0].get<std::string>();
    EXPECT_EQ(render(source, input), golden[1]) << source;
  }
}

}  // namespace
}  // namespace tenfold::jinja
