#include "engine/saved_text.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/session_file.h"
#include "tensor/number_scan.h"

namespace tenfold {

namespace {

static_assert(Session::kMaxNoteBytes == SessionSizes::kMaxNoteBytes);

template <typename T>
std::span<std::byte> bytes_in(std::vector<T>& values) {
  return std::as_writable_bytes(std::span(values));
}

// The part of a KV cache that is saved: what the next token needs, and a few of the last ones taken back.
struct SavedKv {
  const KvLayout& layout;
  int n_tokens;
  int n_back;

  [[nodiscard]] int first_block(const KvClassLayout& its) const { return its.first_block(n_tokens - n_back); }
  // The state is a block more.
  [[nodiscard]] bool has_state() const { return layout.state.is_used() && n_tokens > 0; }
  [[nodiscard]] std::size_t state_bytes() const { return has_state() ? layout.state.needed_bytes(n_back) : 0; }
  [[nodiscard]] std::uint32_t n_blocks() const {
    std::uint32_t n = has_state() ? 1 : 0;
    for (const KvClassLayout& its : layout.classes) {
      n += static_cast<std::uint32_t>(kv_blocks_for(n_tokens) - first_block(its));
    }
    return n;
  }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_tokens > 0 ? layout.needed_bytes(n_tokens, n_back) : 0; }
  [[nodiscard]] bool is_that_of(const SessionSizes& sizes) const {
    return sizes.n_blocks == n_blocks() && sizes.kv_bytes == n_bytes();
  }

  // Calls body(class, block) for each block but the state, in the order of the file, until an error.
  template <typename Body>
  Status for_blocks(const Body& body) const {
    for (std::size_t c = 0; c < layout.classes.size(); ++c) {
      for (int block = first_block(layout.classes[c]); block < kv_blocks_for(n_tokens); ++block) {
        TENFOLD_RETURN_IF_ERROR(body(c, block));
      }
    }
    return {};
  }
};

SavedKv saved_part_of(const KvSequence& kv) { return {kv.layout(), kv.n_tokens(), kv.saved_back()}; }

// Bytes of what is written at once.
std::uint64_t largest_piece(const KvLayout& kv) {
  std::size_t n = kv.state.needed_bytes(kMaxRewind);
  for (const KvClassLayout& its : kv.classes) n = std::max(n, its.layer_bytes());
  return n;
}

SavedImage describe(const PlacedImage& placed) {
  const EncodedImage& image = *placed.image;
  const auto number = [](int n) { return static_cast<std::uint32_t>(n); };
  return {number(placed.begin), number(image.rows),           number(image.columns), number(image.width),
          number(image.height), image.is_animation ? 1U : 0U, image.content_hash};
}

// A row of an image stands in the place of an embedding.
std::size_t row_bytes(const EngineImpl& engine) {
  return static_cast<std::size_t>(engine.info().model_dim) * sizeof(float);
}

Result<SessionSizes> sizes_of(const CachedText& text, std::size_t origin_bytes, std::size_t note_bytes) {
  if (note_bytes > Session::kMaxNoteBytes) {
    return invalid_argument("note: expected at most ", Session::kMaxNoteBytes, " bytes, found ", note_bytes);
  }
  SessionSizes sizes;
  sizes.n_tokens = static_cast<std::uint32_t>(text.n_tokens());
  sizes.n_images = static_cast<std::uint32_t>(text.images().size());
  const SavedKv kv = saved_part_of(text.kv());
  sizes.n_blocks = kv.n_blocks();
  sizes.origin_bytes = static_cast<std::uint32_t>(origin_bytes);
  sizes.note_bytes = note_bytes;
  sizes.kv_bytes = kv.n_bytes();
  for (const PlacedImage& placed : text.images()) {
    TENFOLD_DCHECK(placed.end() <= text.n_tokens());
    sizes.n_image_tokens += static_cast<std::uint64_t>(placed.image->n_tokens());
  }
  TENFOLD_RETURN_IF_ERROR(sizes.check());
  return sizes;
}

Status write_images(SessionFileWriter& file, std::span<const PlacedImage> images) {
  std::vector<SavedImage> entries;
  for (const PlacedImage& placed : images) entries.push_back(describe(placed));
  TENFOLD_RETURN_IF_ERROR(file.write_section(std::as_bytes(std::span(entries))));
  for (const PlacedImage& placed : images) {
    TENFOLD_RETURN_IF_ERROR(file.write_section(std::as_bytes(std::span(*placed.image->values))));
  }
  return {};
}

Status write_blocks(SessionFileWriter& file, const KvSequence& kv, const std::atomic<bool>& cancel) {
  const SavedKv saved = saved_part_of(kv);
  std::vector<std::byte> piece;
  TENFOLD_RETURN_IF_ERROR(saved.for_blocks([&](std::size_t kv_class, int block) -> Status {
    if (cancel) return cancelled("the session was not saved");
    const KvClassLayout& its = kv.layout().classes[kv_class];
    piece.resize(its.layer_bytes());
    for (int layer = 0; layer < its.of.n_layers; ++layer) {
      kv.copy_layer(kv_class, block, layer, piece);
      TENFOLD_RETURN_IF_ERROR(file.write_piece(piece));
    }
    return file.end_section();
  }));
  if (!saved.has_state()) return {};
  piece.resize(saved.state_bytes());
  kv.copy_state(piece);
  return file.write_section(piece);
}

// One restoring, on its stack: what it has read so far. The text is touched when all of it is there.
class TextReader {
 public:
  TextReader(EngineImpl& engine, SessionFileReader& file, CachedText& text)
      : engine_(engine), file_(file), text_(text), kv_(*engine.model().kv_pool, text.kv().max_tokens()) {}

  Result<std::string> read(const CheckNote& check, const std::atomic<bool>& cancel) {
    TENFOLD_RETURN_IF_ERROR(read_origin(cancel));
    TENFOLD_RETURN_IF_ERROR(expect_fits());
    TENFOLD_ASSIGN_OR_RETURN(claim_, engine_.memory().claim(bytes_beside_the_session()));
    note_.resize(static_cast<std::size_t>(sizes().note_bytes));
    TENFOLD_RETURN_IF_ERROR(file_.read("note", std::as_writable_bytes(std::span(note_))));
    TENFOLD_RETURN_IF_ERROR(read_tokens());
    TENFOLD_RETURN_IF_ERROR(read_images(cancel));
    if (check) TENFOLD_RETURN_IF_ERROR(check_note(check));
    TENFOLD_RETURN_IF_ERROR(read_blocks(cancel));
    text_.replace(tokens_, std::move(images_), kv_);
    return std::move(note_);
  }

 private:
  [[nodiscard]] const SessionSizes& sizes() const { return file_.sizes(); }
  [[nodiscard]] int n_tokens() const { return static_cast<int>(sizes().n_tokens); }

  Status read_origin(const std::atomic<bool>& cancel) {
    std::string found(sizes().origin_bytes, '\0');
    TENFOLD_RETURN_IF_ERROR(file_.read("origin", std::as_writable_bytes(std::span(found))));
    TENFOLD_ASSIGN_OR_RETURN(const std::string expected,
                             engine_.session_origin().lines(static_cast<int>(sizes().n_images), cancel));
    return expect_same_origin(expected, found).with_context(file_.name());
  }

  // From here on the file claims to be of this engine.
  [[nodiscard]] Status expect_fits() const {
    const std::uint64_t its_row_bytes = sizes().n_images > 0 ? row_bytes(engine_) : 0;
    if (n_tokens() > text_.kv().max_tokens()) {
      return invalid_argument(file_.name(), ": expected at most the ", text_.kv().max_tokens(),
                              " tokens of a context, found ", n_tokens(), "; open the model with a larger context");
    }
    const SavedKv kv = saved_part();
    if (kv.is_that_of(sizes()) && sizes().row_bytes == its_row_bytes) return {};
    return corrupt_data(file_.name(), ": header: expected ", kv.n_blocks(), " blocks of ", kv.n_bytes(),
                        " bytes in all and rows of ", its_row_bytes, ", found ", sizes().n_blocks, " of ",
                        sizes().kv_bytes, " and rows of ", sizes().row_bytes);
  }

  // As its sizes say: some texts could not go back when they were saved.
  [[nodiscard]] SavedKv saved_part() const {
    const KvLayout& kv = text_.kv().layout();
    const SavedKv usual{kv, n_tokens(), std::min(kMaxRewind, n_tokens())}, least{kv, n_tokens(), 0};
    return least.is_that_of(sizes()) && !usual.is_that_of(sizes()) ? least : usual;
  }

  // The old text stays until the new one is there: together they may need more blocks than a session has.
  [[nodiscard]] std::uint64_t bytes_beside_the_session() const {
    const std::uint64_t held = text_.kv().bytes_held() + saved_part().n_bytes();
    const std::uint64_t promised = engine_.model().cache_bytes;
    return sizes().note_bytes + sizes().n_tokens * sizeof(TokenId) + sizes().n_image_tokens * sizes().row_bytes +
           sizes().n_images * sizeof(SavedImage) + 2 * text_.kv().layout().state.block_bytes() +
           std::max(held, promised) - promised;
  }

  Status read_tokens() {
    tokens_.resize(sizes().n_tokens);
    TENFOLD_RETURN_IF_ERROR(file_.read("tokens", bytes_in(tokens_)));
    const int vocab_size = engine_.info().vocab_size;
    const auto stranger =
        std::find_if(tokens_.begin(), tokens_.end(), [&](TokenId token) { return token < 0 || token >= vocab_size; });
    if (stranger == tokens_.end()) return {};
    return corrupt_data(file_.name(), ": tokens: expected ids 0…", vocab_size - 1, ", found ", *stranger);
  }

  Status read_images(const std::atomic<bool>& cancel) {
    std::vector<SavedImage> entries(sizes().n_images);
    TENFOLD_RETURN_IF_ERROR(file_.read("images", bytes_in(entries)));
    TENFOLD_RETURN_IF_ERROR(check_saved_images(entries, sizes()).with_context(file_.name()));
    for (const SavedImage& entry : entries) {
      if (cancel) return cancelled("the session was not restored");
      TENFOLD_RETURN_IF_ERROR(read_image(entry));
    }
    return {};
  }

  Status read_image(const SavedImage& entry) {
    const std::string section = cat("rows of image ", images_.size() + 1);
    std::vector<float> rows(static_cast<std::size_t>(entry.n_tokens()) * sizes().row_bytes / sizeof(float));
    TENFOLD_RETURN_IF_ERROR(file_.read(section, bytes_in(rows)));
    if (!all_finite(rows)) return corrupt_data(file_.name(), ": ", section, ": expected finite numbers, found others");
    auto image = std::make_shared<EncodedImage>();
    image->rows = static_cast<int>(entry.rows);
    image->columns = static_cast<int>(entry.columns);
    image->width = static_cast<int>(entry.width);
    image->height = static_cast<int>(entry.height);
    image->is_animation = entry.is_animation != 0;
    image->content_hash = entry.hash;
    image->values = std::make_shared<const std::vector<float>>(std::move(rows));
    images_.push_back({static_cast<int>(entry.begin), std::move(image)});
    return {};
  }

  [[nodiscard]] Status check_note(const CheckNote& check) const {
    std::vector<ImageRef> images;
    for (const PlacedImage& placed : images_) images.push_back(placed.image);
    return check(note_, images).with_context(file_.name());
  }

  Status read_blocks(const std::atomic<bool>& cancel) {
    const SavedKv saved = saved_part();
    TENFOLD_RETURN_IF_ERROR(kv_.begin_restore(n_tokens(), saved.n_back).with_context(file_.name()));
    TENFOLD_RETURN_IF_ERROR(saved.for_blocks([&](std::size_t kv_class, int block) -> Status {
      if (cancel) return cancelled("the session was not restored");
      return file_.read(cat("keys and values of tokens from ", block * kernels::kKvBlock),
                        {kv_.blocks(kv_class)[block], saved.layout.classes[kv_class].block_bytes});
    }));
    std::vector<std::byte> state(saved.layout.state.needed_bytes(saved.n_back));
    if (saved.has_state()) TENFOLD_RETURN_IF_ERROR(file_.read("state", state));
    kv_.finish_restore(n_tokens(), saved.n_back, state);
    return {};
  }

  EngineImpl& engine_;
  SessionFileReader& file_;
  CachedText& text_;
  MemoryClaim claim_;  // given back when the blocks of the old text have been
  std::string note_;
  std::vector<TokenId> tokens_;
  std::vector<PlacedImage> images_;
  KvSequence kv_;
};

}  // namespace

Status save_text(EngineImpl& engine, const CachedText& text, const SavePlace& place, const std::atomic<bool>& cancel) {
  const int n_images = static_cast<int>(text.images().size());
  TENFOLD_ASSIGN_OR_RETURN(const std::string origin, engine.session_origin().lines(n_images, cancel));
  TENFOLD_ASSIGN_OR_RETURN(SessionSizes sizes, sizes_of(text, origin.size(), place.note.size()));
  if (n_images > 0) sizes.row_bytes = static_cast<std::uint32_t>(row_bytes(engine));
  TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim claim, engine.memory().claim(largest_piece(text.kv().layout())));
  TENFOLD_ASSIGN_OR_RETURN(const auto file, SessionFileWriter::create(place.path, sizes));
  TENFOLD_RETURN_IF_ERROR(file->write_section(std::as_bytes(std::span(origin))));
  TENFOLD_RETURN_IF_ERROR(file->write_section(std::as_bytes(std::span(place.note))));
  TENFOLD_RETURN_IF_ERROR(file->write_section(std::as_bytes(text.tokens())));
  TENFOLD_RETURN_IF_ERROR(write_images(*file, text.images()));
  TENFOLD_RETURN_IF_ERROR(write_blocks(*file, text.kv(), cancel));
  return file->commit();
}

Result<std::string> restore_text(EngineImpl& engine, const RestorePlace& place, CachedText& text,
                                 const std::atomic<bool>& cancel) {
  TENFOLD_ASSIGN_OR_RETURN(SessionFileReader file, SessionFileReader::open(place.path));
  return TextReader(engine, file, text).read(place.check, cancel);
}

}  // namespace tenfold
