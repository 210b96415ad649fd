#include "convert/config_view.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

Json json(std::string_view text) { return parse_json(text).value(); }

TEST(ConfigView, AsksTheTextModelFirst) {
  const Json config = json(R"({"hidden_size": 1, "a": 2, "text_config": {"hidden_size": 3, "a": null}})");
  const ConfigView view = ConfigView::of_text(config);
  EXPECT_EQ(*view.integer({"hidden_size"}, 0, 9), 3);
  EXPECT_EQ(*view.integer({"a"}, 0, 9), 2) << "null is absent";
  EXPECT_EQ(*view.integer({"b"}, 0, 9, 5), 5);
  EXPECT_EQ(view.integer({"b", "c"}, 0, 9).status().code(), StatusCode::kNotFound);
}

// The same settings as transformers 4 and 5 write them.
TEST(ConfigView, ReadsRotationsUnderOldAndNewNames) {
  const Json old = json(R"({"rope_theta": 500.0, "rope_scaling": {"type": "yarn", "factor": 2.0},
                            "partial_rotary_factor": 0.5, "rope_local_base_freq": 7.0})");
  const Json recent = json(R"({"rope_parameters": {"rope_type": "yarn", "rope_theta": 500.0, "factor": 2.0,
                               "partial_rotary_factor": 0.5}})");
  for (const Json* config : {&old, &recent}) {
    const ConfigView rope = ConfigView::of_text(*config).rope();
    EXPECT_EQ(*rope.real({"rope_theta"}, 1, 1e9), 500.0);
    EXPECT_EQ(*rope.string({"rope_type", "type"}, "default"), "yarn");
    EXPECT_EQ(*rope.real({"factor"}, 1, 1e9), 2.0);
    EXPECT_EQ(*rope.real({"partial_rotary_factor"}, 0, 1), 0.5);
  }
}

TEST(ConfigView, TellsRotationsOfWindowsFromThoseOfAllLayers) {
  const Json config = json(R"({"rope_parameters": {"full_attention": {"rope_type": "linear", "rope_theta": 9.0},
                               "sliding_attention": {"rope_type": "default", "rope_theta": 4.0}}})");
  const ConfigView view = ConfigView::of_text(config);
  EXPECT_EQ(*view.rope().real({"rope_theta"}, 1, 99), 9.0);
  EXPECT_EQ(*view.rope().string({"rope_type"}, ""), "linear");
  EXPECT_EQ(*view.window_rope().real({"rope_theta"}, 1, 99), 4.0);
  const Json without = json(R"({"rope_theta": 9.0})");
  EXPECT_FALSE(ConfigView::of_text(without).window_rope().has("rope_theta"));
}

TEST(ConfigView, SaysWhichNumberIsOutOfRange) {
  const Json config = json(R"({"n": 10, "text": "x", "half": 0.5, "list": [1, "x"]})");
  const ConfigView view = ConfigView::of_text(config);
  EXPECT_EQ(view.integer({"n"}, 1, 9).status().message(), "config.json: n: expected a number of 1…9, found 10");
  EXPECT_EQ(view.integer({"text"}, 1, 9).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(view.integer({"half"}, 0, 9).status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(view.reals({"list"}).status().code(), StatusCode::kCorruptData);
  EXPECT_TRUE(view.reals({"absent"})->empty());
  const ConfigView other({&config}, "other.json");
  EXPECT_EQ(other.integer({"n"}, 1, 9).status().message(), "other.json: n: expected a number of 1…9, found 10");
  EXPECT_EQ(other.rope().reals({"list"}).status().message(),
            "other.json: list: expected a list of numbers, found \"x\"");
}

}  // namespace
}  // namespace tenfold
