// The whole way from a file to an Engine over files that break a rule: an error each time, never a crash.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "model_file/gguf/malformed_cases.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

namespace fs = std::filesystem;

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

TEST(MalformedModels, BecomeErrorsAndNeverEngines) {
  const TemporaryFolder folder;
  int n_cases = 0;
  for (const MalformedCase& c : malformed_gguf_cases()) {
    SCOPED_TRACE(c.name);
    for (const auto& [name, bytes] : c.files) std::ofstream(folder.path() / name, std::ios::binary) << bytes;
    EngineOptions options;
    options.n_threads = 1;
    const auto engine = Engine::open((folder.path() / c.files.front().first).string(), options);
    if (c.at != MalformedAt::kNowhere) {
      EXPECT_FALSE(engine.ok());
    }
    if (!engine.ok()) {
      EXPECT_FALSE(engine.status().message().empty());
      EXPECT_NE(engine.status().code(), StatusCode::kInternal) << engine.status().to_string();
    }
    for (const auto& [name, bytes] : c.files) fs::remove(folder.path() / name);
    ++n_cases;
  }
  EXPECT_GE(n_cases, 300);
}

}  // namespace
}  // namespace tenfold
