#include "model_file/session_file.h"

#include <cstring>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::array<char, 8> kSessionMagic = {'T', 'F', 'S', 'E', 'S', 'S', 'I', 'O'};
constexpr std::uint32_t kSessionFormat = 2;

struct SessionHeader {
  std::array<char, 8> magic;
  std::uint32_t format;
  std::uint32_t n_tokens;
  std::uint32_t n_images;
  std::uint32_t n_blocks;
  std::uint32_t origin_bytes;
  std::uint32_t row_bytes;
  std::uint64_t n_image_tokens;
  std::uint64_t note_bytes;
  std::uint64_t kv_bytes;
  std::uint64_t sum;
};
static_assert(sizeof(SessionHeader) == 64);
static_assert(sizeof(SavedImage) == 40);

std::uint64_t sum_of(const SessionHeader& header) {
  return byte_sum(std::as_bytes(std::span(&header, 1)).first(offsetof(SessionHeader, sum)));
}

SessionSizes sizes_of(const SessionHeader& h) {
  return {h.n_tokens, h.n_images, h.n_blocks, h.origin_bytes, h.row_bytes, h.n_image_tokens, h.note_bytes, h.kv_bytes};
}

Result<SessionSizes> check_header(const SessionHeader& header, std::uint64_t file_bytes) {
  if (header.magic != kSessionMagic) {
    return corrupt_data("expected a saved session, found another kind of file");
  }
  if (header.format != kSessionFormat) {
    return unsupported("expected a saved session of format ", kSessionFormat, ", found format ", header.format,
                       "; another version of Tenfold wrote it");
  }
  if (const std::uint64_t sum = sum_of(header); sum != header.sum) {
    return corrupt_data("header: expected bytes with the sum ", header.sum, ", found ", sum, "; the file is damaged");
  }
  const SessionSizes sizes = sizes_of(header);
  TENFOLD_RETURN_IF_ERROR(sizes.check());
  if (sizes.file_bytes() == file_bytes) return sizes;
  return corrupt_data("expected a file of ", sizes.file_bytes(), " bytes, found ", file_bytes);
}

Result<SessionHeader> read_header(const PreadFile& file) {
  SessionHeader header{};
  if (file.size() < sizeof(header)) {
    return corrupt_data("expected a saved session of at least ", sizeof(header), " bytes, found ", file.size());
  }
  TENFOLD_RETURN_IF_ERROR(file.read(0, std::as_writable_bytes(std::span(&header, 1))));
  return header;
}

}  // namespace

Status SessionSizes::check() const {
  const auto at_most = [](const char* what, std::uint64_t limit, std::uint64_t found) -> Status {
    if (found <= limit) return {};
    return corrupt_data("header: expected at most ", limit, " ", what, ", found ", found);
  };
  TENFOLD_RETURN_IF_ERROR(at_most("tokens", kMaxTokens, n_tokens));
  TENFOLD_RETURN_IF_ERROR(at_most("images", n_tokens, n_images));
  TENFOLD_RETURN_IF_ERROR(at_most("tokens of images", n_tokens, n_image_tokens));
  TENFOLD_RETURN_IF_ERROR(at_most("blocks", n_tokens * kMaxBlocksAToken, n_blocks));
  TENFOLD_RETURN_IF_ERROR(at_most("bytes of blocks", kMaxKvBytes, kv_bytes));
  if ((n_blocks == 0) != (kv_bytes == 0)) {
    return corrupt_data("header: expected blocks and bytes of blocks or neither, found ", n_blocks, " and ", kv_bytes);
  }
  TENFOLD_RETURN_IF_ERROR(at_most("bytes that say where it is from", kMaxOriginBytes, origin_bytes));
  return at_most("bytes of a note", kMaxNoteBytes, note_bytes);
}

// Below 2^60: every factor is bounded.
std::uint64_t SessionSizes::file_bytes() const noexcept {
  TENFOLD_DCHECK(check().ok());
  const std::uint64_t n_sections = 4 + std::uint64_t{n_images} + n_blocks;
  return sizeof(SessionHeader) + origin_bytes + note_bytes + n_tokens * sizeof(std::int32_t) +
         n_images * sizeof(SavedImage) + n_image_tokens * row_bytes + kv_bytes + n_sections * sizeof(std::uint64_t);
}

Status check_saved_images(std::span<const SavedImage> images, const SessionSizes& sizes) {
  std::uint64_t end = 0, n_tokens = 0;
  for (const SavedImage& image : images) {
    if (image.begin < end || image.begin >= sizes.n_tokens || image.n_tokens() == 0 ||
        image.n_tokens() > sizes.n_tokens - image.begin) {
      return corrupt_data("images: expected one within tokens ", end, "…", sizes.n_tokens, ", found ", image.rows,
                          " × ", image.columns, " tokens at ", image.begin);
    }
    constexpr std::uint32_t kMaxSide = 1 << 30;
    if (image.width > kMaxSide || image.height > kMaxSide) {
      return corrupt_data("images: expected sides of at most ", kMaxSide, " pixels, found ", image.width, " × ",
                          image.height);
    }
    end = image.begin + image.n_tokens();
    n_tokens += image.n_tokens();
  }
  if (n_tokens == sizes.n_image_tokens) return {};
  return corrupt_data("images: expected ", sizes.n_image_tokens, " tokens, found ", n_tokens);
}

Result<SessionFileReader> SessionFileReader::open(const std::string& path) {
  static_assert(kHeaderBytes == sizeof(SessionHeader));
  TENFOLD_ASSIGN_OR_RETURN(PreadFile file, PreadFile::open(path));
  const Result<SessionHeader> header = read_header(file);
  if (!header.ok()) return header.status().with_context(file.name());
  const Result<SessionSizes> sizes = check_header(*header, file.size());
  if (!sizes.ok()) return sizes.status().with_context(file.name());
  return SessionFileReader(std::move(file), *sizes, header->sum);
}

Status SessionFileReader::read(std::string_view section, std::span<std::byte> out) {
  std::uint64_t expected = 0;
  TENFOLD_RETURN_IF_ERROR(file_.read(at_, out).with_context(cat(name(), ": ", section)));
  TENFOLD_RETURN_IF_ERROR(file_.read(at_ + out.size(), std::as_writable_bytes(std::span(&expected, 1)))
                              .with_context(cat(name(), ": ", section)));
  if (const std::uint64_t sum = byte_sum(out, sum_); sum != expected) {
    return corrupt_data(name(), ": ", section, ": expected bytes with the sum ", expected, ", found ", sum,
                        "; the file is damaged");
  }
  at_ += out.size() + sizeof(expected);
  sum_ = expected;
  return {};
}

Result<std::unique_ptr<SessionFileWriter>> SessionFileWriter::create(const std::string& path,
                                                                     const SessionSizes& sizes) {
  TENFOLD_DCHECK(sizes.check().ok());
  TENFOLD_RETURN_IF_ERROR(
      expect_same_kind(path, std::string_view(kSessionMagic.data(), kSessionMagic.size()), "a saved session"));
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::create(path, FileAccess::kOwner));
  std::unique_ptr<SessionFileWriter> writer(new SessionFileWriter(std::move(file)));
  TENFOLD_RETURN_IF_ERROR(writer->begin(sizes));
  return writer;
}

Status SessionFileWriter::begin(const SessionSizes& s) {
  SessionHeader header{kSessionMagic, kSessionFormat,   s.n_tokens,   s.n_images, s.n_blocks, s.origin_bytes,
                       s.row_bytes,   s.n_image_tokens, s.note_bytes, s.kv_bytes, 0};
  header.sum = sum_of(header);
  n_left_ = s.file_bytes() - sizeof(header);
  sum_.begin(header.sum);
  return file_->write(std::as_bytes(std::span(&header, 1)));
}

Status SessionFileWriter::write_piece(std::span<const std::byte> bytes) {
  const OneCaller::Call call(callers_);
  TENFOLD_DCHECK(bytes.size() <= n_left_);
  n_left_ -= bytes.size();
  sum_.add(bytes);
  return file_->write(bytes);
}

Status SessionFileWriter::end_section() {
  const OneCaller::Call call(callers_);
  const std::uint64_t sum = sum_.take();
  TENFOLD_DCHECK(sizeof(sum) <= n_left_);
  sum_.begin(sum);
  n_left_ -= sizeof(sum);
  return file_->write(std::as_bytes(std::span(&sum, 1)));
}

Status SessionFileWriter::write_section(std::span<const std::byte> bytes) {
  TENFOLD_RETURN_IF_ERROR(write_piece(bytes));
  return end_section();
}

Status SessionFileWriter::commit() {
  const OneCaller::Call call(callers_);
  TENFOLD_DCHECK(n_left_ == 0);
  return file_->commit();
}

}  // namespace tenfold
