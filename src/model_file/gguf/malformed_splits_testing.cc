// Models in two or three files of which one lies.
#include <cstdint>
#include <string>

#include "base/cat.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/malformed_cases_testing.h"

namespace tenfold {

namespace {

std::string part_name(int number, int count) { return cat("m-0000", number, "-of-0000", count, ".gguf"); }

// The tiny model, its tensors dealt out over two files; metadata only in the first.
struct TwoParts {
  RawGguf first = tiny_gguf();
  RawGguf second;
  TwoParts() {
    second.tensors.assign(first.tensors.begin() + 6, first.tensors.end());
    first.tensors.resize(6);
    number(first, 0);
    number(second, 1);
    first.set("split.tensors.count", i32_value(11));
  }
  static void number(RawGguf& part, std::uint16_t no) {
    part.set("split.no", u16_value(no)).set("split.count", u16_value(2));
  }
  [[nodiscard]] MalformedCase named(std::string name) const {
    return {std::move(name),
            MalformedAt::kFile,
            {{part_name(1, 2), serialize(first)}, {part_name(2, 2), serialize(second)}}};
  }
};

// `change` breaks one of the two parts.
template <typename Change>
void add_broken(std::vector<MalformedCase>& cases, std::string name, Change&& change) {
  TwoParts parts;
  change(parts);
  cases.push_back(parts.named(std::move(name)));
}

void add_missing_parts(std::vector<MalformedCase>& cases) {
  const TwoParts good;
  MalformedCase only_first = good.named("split: the second part is missing");
  only_first.files.pop_back();
  cases.push_back(only_first);

  MalformedCase only_second = good.named("split: the first part is missing");
  only_second.files.erase(only_second.files.begin());
  cases.push_back(only_second);

  MalformedCase renamed = good.named("split: the first part has another name");
  renamed.files[0].first = "model.gguf";
  cases.push_back(renamed);

  MalformedCase swapped = good.named("split: both parts have the other's name");
  std::swap(swapped.files[0].first, swapped.files[1].first);
  cases.push_back(swapped);

  MalformedCase again = good.named("split: the first part again as the second");
  again.files[1].second = again.files[0].second;
  cases.push_back(again);

  MalformedCase cut = good.named("split: the second part is cut");
  cut.files[1].second.resize(cut.files[1].second.size() / 2);
  cases.push_back(cut);

  MalformedCase wrong_total = good.named("split: the names count to three");
  wrong_total.files[0].first = part_name(1, 3);
  wrong_total.files[1].first = part_name(2, 3);
  cases.push_back(wrong_total);
}

}  // namespace

void add_malformed_splits(std::vector<MalformedCase>& cases) {
  add_missing_parts(cases);
  for (const std::uint16_t count : {3, 1024, 1025, 65535}) {
    add_broken(cases, cat("split: the first part counts ", count),
               [&](TwoParts& parts) { parts.first.set("split.count", u16_value(count)); });
    add_broken(cases, cat("split: the second part counts ", count),
               [&](TwoParts& parts) { parts.second.set("split.count", u16_value(count)); });
  }
  for (const std::uint16_t no : {0, 2, 65535}) {
    add_broken(cases, cat("split: the second part has number ", no),
               [&](TwoParts& parts) { parts.second.set("split.no", u16_value(no)); });
  }
  for (const std::uint16_t no : {1, 2, 65535}) {
    add_broken(cases, cat("split: the first part has number ", no),
               [&](TwoParts& parts) { parts.first.set("split.no", u16_value(no)); });
  }
  for (const std::int32_t total : {-1, 0, 10, 12, 0x7fffffff}) {
    add_broken(cases, cat("split: ", total, " tensors in all"),
               [&](TwoParts& parts) { parts.first.set("split.tensors.count", i32_value(total)); });
  }
  for (const char* key : {"split.no", "split.count"}) {
    add_broken(cases, cat("split: second part without ", key), [&](TwoParts& parts) { parts.second.erase(key); });
    for (const std::string& value : {i32_value(-1), string_value("1"), f32_value(1), u64_value(~0ull)}) {
      add_broken(cases, cat("split: ", key, " of value type ", static_cast<int>(value[0])),
                 [&](TwoParts& parts) { parts.second.set(key, value); });
    }
  }
  add_broken(cases, "split: no number in the first part", [](TwoParts& parts) { parts.first.erase("split.no"); });
  add_broken(cases, "split: a tensor in both parts",
             [](TwoParts& parts) { parts.second.tensors[0].name = parts.first.tensors[0].name; });
  add_broken(cases, "split: a key in the second part alone",
             [](TwoParts& parts) { parts.second.set("llama.rope.scaling.type", string_value("yarn")); });
  add_broken(cases, "split: another value in the second part",
             [](TwoParts& parts) { parts.second.set("llama.rope.freq_base", f32_value(1e6f)); });
  add_broken(cases, "split: overlap in the second part", [](TwoParts& parts) { parts.second.tensors[1].offset = 0; });
  add_broken(cases, "split: the second part is version 1", [](TwoParts& parts) { parts.second.version = 1; });
}

std::vector<MalformedCase> malformed_gguf_cases() {
  std::vector<MalformedCase> cases;
  add_malformed_structure(cases);
  add_malformed_model(cases);
  add_malformed_splits(cases);
  return cases;
}

}  // namespace tenfold
