#include "model_file/packed_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kStepBytes = std::size_t{1} << 20;

}  // namespace

PackedWriter::PackedWriter(const PackedCache& cache, PackedHeader header, std::span<const std::byte> payload)
    : cache_(cache), header_(std::move(header)), payload_(payload) {
  TENFOLD_DCHECK(header_.payload_bytes == payload_.size());
}

Result<bool> PackedWriter::step() {
  const OneCaller::Call call(callers_);
  if (blob_ < header_.blobs.size()) {
    sum_piece();
    return false;
  }
  if (file_ == nullptr) {
    TENFOLD_RETURN_IF_ERROR(begin_file());
    return false;
  }
  if (written_ < payload_.size()) {
    const std::size_t n = std::min(kStepBytes, payload_.size() - written_);
    TENFOLD_RETURN_IF_ERROR(file_->write(payload_.subspan(written_, n)));
    written_ += n;
    return false;
  }
  TENFOLD_RETURN_IF_ERROR(file_->commit());
  cache_.remove_old(PackedCache::name_of(header_.key));
  return true;
}

void PackedWriter::sum_piece() {
  SummedBlob& summed = header_.blobs[blob_];
  const std::span<const std::byte> bytes = payload_.subspan(summed.blob.offset, summed.blob.n_bytes);
  const std::size_t n = std::min(kStepBytes, bytes.size() - blob_at_);
  sum_.add(bytes.subspan(blob_at_, n));
  blob_at_ += n;
  if (blob_at_ < bytes.size()) return;
  summed.sum = sum_.take();
  blob_at_ = 0;
  ++blob_;
}

Status PackedWriter::begin_file() {
  const std::vector<std::byte> header = write_packed_header(header_);
  TENFOLD_RETURN_IF_ERROR(cache_.expect_room(header_.payload_offset + payload_.size()));
  TENFOLD_ASSIGN_OR_RETURN(file_,
                           AtomicFile::create(cache_.folder_, PackedCache::name_of(header_.key), FileAccess::kOwner));
  TENFOLD_RETURN_IF_ERROR(file_->write(header));
  return file_->write(std::vector<std::byte>(header_.payload_offset - header.size()));
}

double PackedWriter::fraction() const noexcept {
  return payload_.empty() ? 0 : static_cast<double>(written_) / static_cast<double>(payload_.size());
}

}  // namespace tenfold
