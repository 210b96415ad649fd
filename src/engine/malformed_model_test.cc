// The whole way from a file to an Engine and an answer over files that break a rule: an error each time, never a crash,
// a hang or greed.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/malformed_cases_testing.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

namespace fs = std::filesystem;

constexpr double kMaxCpuSeconds = 2;
constexpr std::size_t kMaxBytes = 1'000'000'000;

// Of all threads: a machine that others keep busy does not fail the test.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The most memory that this process ever had, arenas too; never falls.
std::size_t peak_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "tenfold-malformed-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// What could only be wrong in its numbers must survive being computed with.
void answer(Engine& engine) {
  const auto session = engine.create_session();
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  GenerateOptions options;
  options.max_tokens = 3;
  options.ignore_end = true;
  const auto result = (*session)->generate(std::vector<TokenId>{1, 2, 3}, options, {});
  if (!result.ok()) {
    EXPECT_NE(result.status().code(), StatusCode::kInternal) << result.status().to_string();
  }
}

TEST(MalformedModels, BecomeErrorsAndNeverEngines) {
  const TemporaryFolder folder;
  int n_cases = 0;
  for (const MalformedCase& c : malformed_gguf_cases()) {
    SCOPED_TRACE(c.name);
    for (const auto& [name, bytes] : c.files) std::ofstream(folder.path() / name, std::ios::binary) << bytes;
    const double begin = cpu_seconds();
    EngineOptions options;
    options.n_threads = 1;
    const auto engine = Engine::open((folder.path() / c.files.front().first).string(), options);
    if (c.at != MalformedAt::kNowhere) {
      EXPECT_FALSE(engine.ok());
    }
    if (engine.ok()) {
      answer(**engine);
    } else {
      EXPECT_FALSE(engine.status().message().empty());
      EXPECT_NE(engine.status().code(), StatusCode::kInternal) << engine.status().to_string();
    }
    EXPECT_LT(cpu_seconds() - begin, kMaxCpuSeconds);
    ASSERT_LT(peak_resident_bytes(), kMaxBytes);
    for (const auto& [name, bytes] : c.files) fs::remove(folder.path() / name);
    ++n_cases;
  }
  EXPECT_GE(n_cases, 300);
}

// What would be ignored, or cannot be computed, is named with what was found.
TEST(MalformedModels, AreRefusedByName) {
  const auto key = [](const char* name, std::string value) { return tiny_gguf().set(name, std::move(value)); };
  const auto extra = [](const char* name) {
    RawGguf file = tiny_gguf();
    file.tensors.push_back({name, {32}, 0, std::string(128, '\0'), {}});
    return file;
  };
  RawGguf integers = tiny_gguf();
  integers.tensor("blk.0.attn_q.weight").type = 26;
  integers.tensor("blk.0.attn_q.weight").data.assign(4096, '\0');
  const std::pair<RawGguf, std::string> cases[] = {
      {key("llama.rope.scaling.type", string_value("su")),
       "key llama.rope.scaling.type: expected none, linear or yarn"},
      {key("llama.rope.scaling.type", string_value("yarn")),
       "key llama.rope.scaling.factor: expected, not in the file"},
      {key("llama.rope.scaling.yarn_log_multiplier", f32_value(0.1f)), "key llama.rope.scaling.yarn_log_multiplier: "},
      {key("llama.expert_count", u32_value(8)), "key llama.expert_count: expected 0, found 8"},
      {key("llama.expert_used_count", u32_value(2)), "key llama.expert_used_count: expected 0, found 2"},
      {key("llama.logit_scale", f32_value(2)), "key llama.logit_scale: "},
      {key("llama.vocab_size", u32_value(300)),
       "key llama.vocab_size: expected 258 as token_embd.weight has rows, found 300"},
      {key("llama.attention.key_length", u32_value(1u << 20)),
       "attention.key_length: expected 2 heads of at most 524288, found 1048576"},
      {extra("blk.0.attn_q_norm.weight"), "tensor blk.0.attn_q_norm.weight [32]: "},
      {extra("output.bias"), "tensor output.bias [32]: "},
      {integers, "tensor blk.0.attn_q.weight: expected a type that Tenfold computes with"},
      {integers, "found I32 (26)"},
  };
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "model.gguf").string();
  for (const auto& [file, expected] : cases) {
    std::ofstream(path, std::ios::binary) << serialize(file);
    const Status status = Engine::open(path, {}).status();
    EXPECT_NE(status.message().find(expected), std::string_view::npos) << expected << "; found: " << status.to_string();
  }
}

}  // namespace
}  // namespace tenfold
