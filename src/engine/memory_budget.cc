#include "engine/memory_budget.h"

#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kLittleBytes = std::uint64_t{1} << 20;

}  // namespace

Result<std::unique_ptr<MemoryAccount>> MemoryBudget::open(const MemoryNeeds& needs, MemoryUser user) {
  std::unique_ptr<MemoryAccount> account(new MemoryAccount(*this, needs, std::move(user)));
  const MutexLock lock(mutex_);
  TENFOLD_ASSIGN_OR_RETURN(account->spare_bytes_, expect_fits(*account, account->sum(1, 0)));
  accounts_.push_back(account.get());
  return account;
}

Result<std::uint64_t> MemoryBudget::expect_fits(const MemoryAccount& account, const MemorySum& sum) const {
  MemoryOfOthers others;
  for (const MemoryAccount* const other : accounts_) {
    if (other != &account) others.add(other->promised(), other->user_.in_use());
  }
  return tenfold::expect_fits(sum, account.user_.in_use(), {account.needs_.limit, limit_bytes_}, others);
}

MemoryAccount::~MemoryAccount() {
  const MutexLock lock(budget_.mutex_);
  std::erase(budget_.accounts_, this);
}

MemorySum MemoryAccount::sum(int n_places, std::uint64_t claimed_bytes) const {
  const auto n = static_cast<std::uint64_t>(n_places);
  MemorySum sum;
  sum.weights = needs_.weights;
  sum.vocabulary = needs_.vocabulary;
  sum.caches = needs_.session_cache * n;
  sum.working = needs_.working + needs_.session_lists * n + claimed_bytes;
  sum.n_ctx = needs_.n_ctx;
  sum.n_sessions = n_places;
  return sum;
}

MemorySum MemoryAccount::promised() const { return sum(n_promised(), claimed_bytes_); }

Result<MemoryPlace> MemoryAccount::take_session_place(int& n_open) {
  const MutexLock lock(budget_.mutex_);
  if (n_sessions_ >= needs_.max_sessions) {
    return resource_exhausted("sessions: expected at most ", needs_.max_sessions, ", all are open");
  }
  TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, sum(n_sessions_ + n_texts_ + 1, claimed_bytes_)));
  n_open = ++n_sessions_;
  return MemoryPlace(this, GiveBackPlace{PlaceOf::kSession});
}

Result<MemoryPlace> MemoryAccount::take_text_place() {
  const MutexLock lock(budget_.mutex_);
  const int n_places = n_sessions_ + n_texts_ + 1;
  if (n_places > n_promised()) {
    TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, sum(n_places, claimed_bytes_)));
  }
  ++n_texts_;
  return MemoryPlace(this, GiveBackPlace{PlaceOf::kText});
}

Result<MemoryClaim> MemoryAccount::claim(std::uint64_t n_bytes, std::string_view advice) {
  if (n_bytes < kLittleBytes) return MemoryClaim();
  const MutexLock lock(budget_.mutex_);
  MemorySum wanted = sum(n_promised(), claimed_bytes_ + n_bytes);
  wanted.advice = advice;
  TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, wanted));
  claimed_bytes_ += n_bytes;
  return MemoryClaim(this, GiveBackClaim{n_bytes});
}

void MemoryAccount::give_back(std::uint64_t n_bytes) noexcept {
  const MutexLock lock(budget_.mutex_);
  TENFOLD_DCHECK(claimed_bytes_ >= n_bytes);
  user_.keep(n_promised());
  claimed_bytes_ -= n_bytes;
}

void MemoryAccount::give_back_place(PlaceOf of) noexcept {
  const MutexLock lock(budget_.mutex_);
  int& n_places = of == PlaceOf::kSession ? n_sessions_ : n_texts_;
  TENFOLD_DCHECK(n_places > 0);
  --n_places;
  user_.keep(n_promised());
}

void GiveBackClaim::operator()(MemoryAccount* account) const noexcept { account->give_back(n_bytes); }
void GiveBackPlace::operator()(MemoryAccount* account) const noexcept { account->give_back_place(of); }

}  // namespace tenfold
