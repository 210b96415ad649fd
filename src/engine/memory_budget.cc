#include "engine/memory_budget.h"

#include <algorithm>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kLittleBytes = std::uint64_t{1} << 20;

}  // namespace

Result<std::unique_ptr<MemoryAccount>> MemoryBudget::open(const MemoryNeeds& needs, MemoryUser user) {
  TENFOLD_DCHECK(needs.max_sessions >= 1 && user.in_use != nullptr && user.keep != nullptr);
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

void MemoryBudget::after_fork_in_child() {
  for (MemoryAccount* const account : accounts_) account->forget_other_threads();
  mutex_.unlock();
}

MemoryAccount::~MemoryAccount() {
  const MutexLock lock(budget_.mutex_);
  TENFOLD_DCHECK(n_sessions_ == 0 && held_.empty());
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

MemorySum MemoryAccount::promised() const { return sum(n_promised(), held_by_all().n_bytes); }

MemoryAccount::Held MemoryAccount::held_by_all() const {
  Held all;
  for (const Held& its : held_) {
    all.n_bytes += its.n_bytes;
    all.n_texts += its.n_texts;
  }
  return all;
}

void MemoryAccount::hold(std::uint64_t n_bytes, int n_texts) {
  const std::thread::id here = std::this_thread::get_id();
  auto mine = std::find_if(held_.begin(), held_.end(), [&](const Held& its) { return its.thread == here; });
  if (mine == held_.end()) mine = held_.insert(mine, Held{here});
  mine->n_bytes += n_bytes;
  mine->n_texts += n_texts;
}

void MemoryAccount::let_go(std::uint64_t n_bytes, int n_texts) noexcept {
  const std::thread::id here = std::this_thread::get_id();
  const auto mine = std::find_if(held_.begin(), held_.end(), [&](const Held& its) { return its.thread == here; });
  TENFOLD_DCHECK(mine != held_.end() && mine->n_bytes >= n_bytes && mine->n_texts >= n_texts);
  mine->n_bytes -= n_bytes;
  mine->n_texts -= n_texts;
  if (mine->n_bytes == 0 && mine->n_texts == 0) held_.erase(mine);
}

void MemoryAccount::forget_other_threads() noexcept {
  std::erase_if(held_, [here = std::this_thread::get_id()](const Held& its) { return its.thread != here; });
}

Result<MemoryPlace> MemoryAccount::take_session_place(int& n_open) {
  const MutexLock lock(budget_.mutex_);
  if (n_sessions_ >= needs_.max_sessions) {
    return resource_exhausted("sessions: expected at most ", needs_.max_sessions, ", all are open");
  }
  TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, sum(n_places() + 1, held_by_all().n_bytes)));
  n_open = ++n_sessions_;
  return MemoryPlace(this, GiveBackPlace{PlaceOf::kSession});
}

Result<MemoryPlace> MemoryAccount::take_text_place() {
  const MutexLock lock(budget_.mutex_);
  if (n_places() + 1 > n_promised()) {
    TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, sum(n_places() + 1, held_by_all().n_bytes)));
  }
  hold(0, 1);
  return MemoryPlace(this, GiveBackPlace{PlaceOf::kText});
}

Result<MemoryClaim> MemoryAccount::claim(std::uint64_t n_bytes, std::string_view advice) {
  if (n_bytes < kLittleBytes) return MemoryClaim();
  const MutexLock lock(budget_.mutex_);
  MemorySum wanted = sum(n_promised(), held_by_all().n_bytes + n_bytes);
  wanted.advice = advice;
  TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, budget_.expect_fits(*this, wanted));
  hold(n_bytes, 0);
  return MemoryClaim(this, GiveBackClaim{n_bytes});
}

void MemoryAccount::give_back(std::uint64_t n_bytes) noexcept {
  const MutexLock lock(budget_.mutex_);
  user_.keep(n_promised());
  let_go(n_bytes, 0);
}

void MemoryAccount::give_back_place(PlaceOf of) noexcept {
  const MutexLock lock(budget_.mutex_);
  if (of == PlaceOf::kSession) {
    TENFOLD_DCHECK(n_sessions_ > 0);
    --n_sessions_;
  } else {
    let_go(0, 1);
  }
  user_.keep(n_promised());
}

void GiveBackClaim::operator()(MemoryAccount* account) const noexcept { account->give_back(n_bytes); }
void GiveBackPlace::operator()(MemoryAccount* account) const noexcept { account->give_back_place(of); }

}  // namespace tenfold
