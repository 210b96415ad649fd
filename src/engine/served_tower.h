// ServedTower: the vision tower of an engine. What is in its file is checked at once, its weights are read for the
// first image: who only talks does not pay for them.
//
// Thread-safe: images wait for each other, and between the stages of their program for steps of sessions.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cpu/vision_tower.h"
#include "engine/batch_scheduler.h"
#include "engine/memory_budget.h"
#include "engine/served.h"
#include "tenfold/image.h"
#include "tenfold/options.h"

namespace tenfold {

class ServedTower final : public Served {
 public:
  // Errors: those of GgufFile::open and VisionTower::bind; kInvalidArgument if its rows are not for the text model;
  // kUnsupported if that cannot have images in its text.
  static Result<std::unique_ptr<ServedTower>> open(const EngineOptions& options, const Model& text_model);

  Status size_up(const ServingSize& size, MemoryNeeds& needs) override;
  // The first image loads it.
  [[nodiscard]] std::uint64_t bytes_to_load() const override { return 0; }
  Status load(const LoadTools&) override { return {}; }
  Status let_go_of_file() override { return {}; }
  [[nodiscard]] MemoryInUse in_use() const noexcept override;
  Status reserve(int) override { return {}; }
  void keep(int) noexcept override {}
  void describe(ModelInfo&) const override {}
  void before_fork() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS { images_.before_fork(); }
  void after_fork_in_parent() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS { images_.after_fork_in_parent(); }
  void after_fork_in_child() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    images_.after_fork_in_child(TurnQueue::LostTurn::kLeavesHalfDone);
  }

  // What else an image needs: room in a context and in memory, which is claimed before it is taken, and threads.
  struct Surroundings {
    TaskPool& pool;
    BatchScheduler::Client& turns;  // of images
    int n_ctx = 0;                  // at least 1
    std::function<Result<MemoryClaim>(std::uint64_t n_bytes)> claim_memory;
  };
  // Errors: see Engine::encode_image.
  Result<ImageRef> encode(std::span<const std::byte> file, const ImageOptions& options, const Surroundings& around);

  [[nodiscard]] const VisionSpec& spec() const noexcept { return tower_->spec(); }
  // Tells what its file says, wherever it lies; see GgufIdentity.
  [[nodiscard]] std::uint64_t content_sum() const noexcept { return content_sum_; }
  // What its file's header takes until they are read.
  [[nodiscard]] std::uint64_t header_bytes() const noexcept { return file_ != nullptr ? file_->memory_bytes() : 0; }

 private:
  // An image as the tower is to see it.
  struct Seen {
    std::shared_ptr<EncodedImage> image;  // all but its values
    RgbImage pixels;
  };

  ServedTower() = default;
  Result<Seen> see(std::span<const std::byte> file, const ImageOptions& options, const Surroundings& around) const;
  // What an image of the default size takes for a while.
  [[nodiscard]] std::uint64_t working_bytes(int n_threads) const;
  Status load_weights(const std::atomic<bool>& cancel, const Surroundings& around);
  ImageRef find_known(const EncodedImage& image);

  std::unique_ptr<GgufFile> file_;  // until the weights are read
  std::uint64_t content_sum_ = 0;
  std::unique_ptr<VisionTower> tower_;
  std::atomic<bool> is_loaded_ = false;
  TurnQueue images_;                                      // whose image it is
  std::vector<std::weak_ptr<const EncodedImage>> known_;  // an image that is sent again costs nothing
};

}  // namespace tenfold
