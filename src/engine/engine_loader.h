// EngineLoader: the steps of opening an Engine, in their order. Made for one opening, on its stack.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>

#include "engine/engine_parts.h"
#include "kernels/kernel_table.h"

namespace tenfold {

class EngineLoader {
 public:
  explicit EngineLoader(const EngineOptions& options) : options_(options) {}

  // Errors: see Engine::open.
  Result<EngineParts> load(const ModelSource& source);

 private:
  // The model that answers, or makes vectors, and the tower: all but the vocabulary.
  Status bind(const ModelSource& source, const kernels::KernelTable& kernels);
  Status choose_context();
  // The cache, if it is wanted and can be had; else a warning says why.
  void open_cache();
  // What texts take.
  void count_vocabulary(const VocabData& vocab);
  // After the text side. Errors: kInvalidArgument if its vocabulary is another.
  Status bind_draft(const kernels::KernelTable& kernels);
  Status share_vocabulary();
  // Sums up what all will need; refuses it if it is too much.
  Status expect_memory(const ServingSize& size);
  Status load_weights(const ServingSize& size);
  // What is called meanwhile may have forked: a part that another thread was making is not made in the child.
  [[nodiscard]] Status expect_no_fork() const;
  void describe(const std::string& path);

  const EngineOptions& options_;
  const pid_t process_ = ::getpid();
  EngineParts parts_;
  std::uint64_t vocabulary_bytes_ = 0;  // with the headers of all files
  std::size_t longest_token_bytes_ = 0;
};

}  // namespace tenfold
