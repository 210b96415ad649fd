#include "engine/served_tower.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/contracts.h"
#include "base/error.h"
#include "engine/not_finite.h"
#include "image/decode_image.h"
#include "model_file/byte_sum.h"
#include "model_file/pread_file.h"
#include "tensor/number_scan.h"

namespace tenfold {

namespace {

// Two sums of 64 bits: a chance meeting of two images is out of the question.
std::array<std::uint64_t, 2> content_hash(const RgbImage& image) {
  const auto bytes = std::as_bytes(std::span(image.pixels));
  const auto width = static_cast<std::uint64_t>(image.size.width);
  return {byte_sum(bytes, 2 * width), byte_sum(bytes, 2 * width + 1)};
}

Status expect_fits(const VisionTower& tower, const Model& text_model) {
  const ArchSpec& text = text_model.spec();
  if (!text.has_rope_sections()) {
    return unsupported(
        "expected a text model whose file has ", text.architecture,
        ".rope.dimension_sections, as models that see do, found none; if the model does see, its file is "
        "of an old converter: convert it again");
  }
  if (tower.spec().out_dim != text.model_dim) {
    return invalid_argument("expected rows of ", text.model_dim, " numbers as the text model takes, found ",
                            tower.spec().out_dim, "; it belongs to another model");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ServedTower>> ServedTower::open(const EngineOptions& options, const Model& text_model) {
  std::unique_ptr<ServedTower> served(new ServedTower);
  TENFOLD_ASSIGN_OR_RETURN(served->file_, GgufFile::open(options.mmproj_path));
  TENFOLD_ASSIGN_OR_RETURN(const GgufIdentity identity, served->file_->identity());
  served->content_sum_ = identity.content_sum;
  const ModelOptions how{options.precision, options.fuse ? FusionOptions() : FusionOptions::none()};
  auto tower = VisionTower::bind(*served->file_, text_model.kernels(), how);
  Status status = tower.status();
  if (status.ok()) {
    served->tower_ = std::move(tower).value();
    status = expect_fits(*served->tower_, text_model);
  }
  if (!status.ok()) return status.with_context(cat("vision tower ", printable_base_name(options.mmproj_path)));
  return served;
}

std::uint64_t ServedTower::working_bytes(int n_threads) const {
  const int factor = spec().size_rule.factor;
  const auto side = static_cast<int>(std::sqrt(static_cast<double>(ImageOptions().max_pixels))) / factor * factor;
  return tower_->working_bytes({side, side}, n_threads);
}

Status ServedTower::size_up(const ServingSize& size, MemoryNeeds& needs) {
  needs.weights += tower_->weight_bytes();
  needs.working += working_bytes(size.n_threads);
  return {};
}

MemoryInUse ServedTower::in_use() const noexcept {
  return {is_loaded_ ? tower_->weight_bytes() : 0, tower_->weight_bytes()};
}

Status ServedTower::load_weights(const std::atomic<bool>& cancel, const Surroundings& around) {
  if (is_loaded_) return {};
  TENFOLD_RETURN_IF_ERROR(load_in_turns(around.turns, cancel, nullptr, [&](const OnProgress& between_turns) {
    return tower_->load(around.pool, between_turns);
  }));
  file_.reset();
  is_loaded_ = true;
  return {};
}

ImageRef ServedTower::find_known(const EncodedImage& image) {
  std::erase_if(known_, [](const auto& known) { return known.expired(); });
  for (const auto& weak : known_) {
    const ImageRef known = weak.lock();
    if (known != nullptr && known->content_hash == image.content_hash && known->rows == image.rows) return known;
  }
  return nullptr;
}

Result<ServedTower::Seen> ServedTower::see(std::span<const std::byte> file, const ImageOptions& options,
                                           const Surroundings& around) const {
  const double start = monotonic_seconds();
  TENFOLD_ASSIGN_OR_RETURN(const ImageInfo info, read_image_info(file));
  TENFOLD_ASSIGN_OR_RETURN(const ImageSize target, tower_->target_size(info.size, options.max_pixels));
  auto image = std::make_shared<EncodedImage>();
  image->width = target.width;
  image->height = target.height;
  image->is_animation = info.is_animation;
  image->rows = target.height / spec().size_rule.factor;
  image->columns = target.width / spec().size_rule.factor;
  if (image->n_tokens() >= around.n_ctx) {
    return invalid_argument("image: expected less than the ", around.n_ctx, " tokens of a context, found ",
                            image->n_tokens(), "; ask for fewer pixels or a larger context");
  }
  TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim room, around.claim_memory(decode_bytes(info, target)));
  TENFOLD_ASSIGN_OR_RETURN(RgbImage pixels, decode_image(file, target, flag_or_never(options.cancel)));
  image->content_hash = content_hash(pixels);
  image->timings.decode_s = monotonic_seconds() - start;
  return Seen{std::move(image), std::move(pixels)};
}

Result<ImageRef> ServedTower::encode(std::span<const std::byte> file, const ImageOptions& options,
                                     const Surroundings& around) {
  TENFOLD_DCHECK(around.n_ctx >= 1 && around.claim_memory != nullptr);
  TENFOLD_ASSIGN_OR_RETURN(const Seen seen, see(file, options, around));
  const std::shared_ptr<EncodedImage>& image = seen.image;
  const std::atomic<bool>& cancel = flag_or_never(options.cancel);
  TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn mine, images_.take(nullptr, cancel));
  if (ImageRef known = find_known(*image)) {
    auto again = std::make_shared<EncodedImage>(*known);
    again->timings = image->timings;
    again->is_animation = image->is_animation;
    known_.push_back(again);
    return ImageRef(std::move(again));
  }
  // One of the default size is part of the sum from the start.
  const std::uint64_t counted = working_bytes(around.pool.n_threads());
  const std::uint64_t needed = tower_->working_bytes(seen.pixels.size, around.pool.n_threads());
  TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim room, around.claim_memory(std::max(needed, counted) - counted));
  const double begin = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(load_weights(cancel, around));
  const double loaded = monotonic_seconds();
  image->timings.load_s = loaded - begin;

  ImageHooks hooks;
  hooks.cancel = options.cancel;
  hooks.on_progress = options.on_progress;
  hooks.in_turn = [&](const std::function<Status()>& work) { return around.turns.in_turn(cancel, work); };
  TENFOLD_ASSIGN_OR_RETURN(ImageRows encoded, tower_->encode(seen.pixels, around.pool, hooks));
  if (!all_finite(encoded.values)) return not_finite("image");
  image->values = std::make_shared<const std::vector<float>>(std::move(encoded.values));
  image->timings.encode_s = monotonic_seconds() - loaded;
  known_.push_back(image);
  return ImageRef(image);
}

}  // namespace tenfold
