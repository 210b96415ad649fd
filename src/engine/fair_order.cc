#include "engine/fair_order.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

// A place or the turn.
bool FairOrder::refers_to(const TimeAccount& account) const noexcept {
  const Place* place = first_;
  while (place != nullptr && place->account != &account) place = place->next;
  return place != nullptr || running_ == &account;
}

void FairOrder::join(Place& place) {
  TENFOLD_DCHECK(place.account == nullptr || !refers_to(*place.account));
  place.at_s = place.account != nullptr ? std::max(place.account->place_s, place_s_) : place_s_;
  Place** at = &first_;
  while (*at != nullptr && (*at)->at_s <= place.at_s) at = &(*at)->next;
  place.next = *at;
  *at = &place;
}

void FairOrder::leave(Place& place) {
  Place** at = &first_;
  while (*at != &place) {
    TENFOLD_DCHECK(*at != nullptr);
    at = &(*at)->next;
  }
  *at = place.next;
}

void FairOrder::forget(const TimeAccount& account) noexcept {
  TENFOLD_DCHECK(!refers_to(account));
  if (last_.account == &account) last_ = {};
}

void FairOrder::forget_all_but_time() noexcept {
  FairOrder fresh;
  fresh.place_s_ = place_s_;
  *this = fresh;
}

FairOrder::Next FairOrder::next(double now_s) const {
  TENFOLD_DCHECK(running_ == nullptr);
  if (first_ == nullptr || last_.account == nullptr) return {first_, 0};
  const bool has_less = last_.place_s + last_.turn_s < first_->at_s;
  const double until_s = last_.at_s + std::min(kLongestPause_s, kPauseShare * last_.turn_s);
  if (has_less && now_s < until_s) return {nullptr, until_s - now_s};
  return {first_, 0};
}

void FairOrder::begin(Place& place, double now_s) {
  TENFOLD_DCHECK(running_ == nullptr);
  leave(place);
  place_s_ = place.at_s;
  running_ = place.account;
  began_s_ = now_s;
}

void FairOrder::end(double now_s) {
  if (running_ == nullptr) return;
  const double turn_s = now_s - began_s_;
  TENFOLD_DCHECK(turn_s >= 0);
  running_->place_s = place_s_ + turn_s;
  if (running_ != last_.account && last_.account != nullptr) others_s_ = last_.at_s;
  last_ = {running_, running_->place_s, turn_s, now_s};
  running_ = nullptr;
}

bool FairOrder::has_company(const TimeAccount& account, double now_s) const {
  TENFOLD_DCHECK(running_ == &account);
  if (first_ != nullptr) return true;
  const double seen_s = last_.account != &account && last_.account != nullptr ? last_.at_s : others_s_;
  return now_s - seen_s < kCompany_s;
}

}  // namespace tenfold
