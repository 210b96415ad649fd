// An open-addressing hash index from keys that live elsewhere to 32-bit values.
//
// The index stores (hash tag, value) pairs of 8 bytes and nothing else: the caller says what a value's key is when it
// looks one up. Made for vocabularies: hundreds of thousands of entries, built once, then read by many threads.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/contracts.h"

namespace tenfold {

inline std::uint64_t mix_hash(std::uint64_t h) noexcept {
  h ^= h >> 32;
  h *= 0x9E3779B97F4A7C15u;
  h ^= h >> 29;
  h *= 0xD6E8FEB86659FD93u;
  return h ^ (h >> 32);
}

inline std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  std::uint64_t h = bytes.size() * 0x9E3779B97F4A7C15u;
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    h = mix_hash(h ^ word);
    bytes.remove_prefix(8);
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, bytes.data(), bytes.size());
  return mix_hash(h ^ tail);
}

class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // For at most n_entries insertions.
  explicit FlatIndex(std::size_t n_entries = 0)
      : mask_(std::bit_ceil(n_entries + n_entries / 2 + 2) - 1), slots_(mask_ + 1, Slot{0, kNone}) {}

  // The value whose key is_key(value) confirms, or kNone.
  template <typename IsKey>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsKey&& is_key) const {
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.value == kNone) return kNone;
      if (slot.tag == tag && is_key(slot.value)) return slot.value;
    }
  }

  // value: not kNone. The key must not be in the index yet. False: too many keys share this hash's neighbourhood, which
  // honest data does not do; look-ups would take as long as the liar wants.
  [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t value) {
    TENFOLD_DCHECK(value != kNone);
    for (std::size_t step = 0; step <= mask_ && step < kMaxProbes; ++step) {
      Slot& slot = slots_[(hash + step) & mask_];
      if (slot.value != kNone) continue;
      slot = {static_cast<std::uint32_t>(hash >> 32), value};
      return true;
    }
    return false;
  }

  // Gives the key of old_value, which is in the index, to new_value.
  void replace(std::uint64_t hash, std::uint32_t old_value, std::uint32_t new_value) {
    std::size_t at = hash & mask_;
    while (slots_[at].value != old_value && slots_[at].value != kNone) at = (at + 1) & mask_;
    TENFOLD_DCHECK(old_value != kNone && new_value != kNone && slots_[at].value == old_value);
    if (slots_[at].value == old_value) slots_[at].value = new_value;
  }

 private:
  static constexpr std::size_t kMaxProbes = 1024;

  struct Slot {
    std::uint32_t tag;
    std::uint32_t value;
  };
  std::size_t mask_;
  std::vector<Slot> slots_;
};

}  // namespace tenfold
