// FairOrder: whose turn is next, by how much time each has had. Start-time fair queueing.
//
// Whoever comes again and again (a session, say) has an account of its time. It waits at the place where its account
// stands, but never before the place of the turn that was taken last, so that nobody saves up time while he is away.
// The lowest place is next; of equal ones, who came first. A turn of t seconds moves its account on by t, whatever it
// was: steps of one token, chunks of a prompt and layers of an image share the time equally, not the turns.
//
// Most come back a moment after their turn: a session asks for its next token when it has chosen the last one. Where
// such a one still has a whole turn less than who is next, the order waits that moment for him. Otherwise each of his
// short turns would be paid for with a long one of the other's.
//
// A plain value: no clock, no lock. Places lie on the stacks of those who wait.
#pragma once

#include <limits>

namespace tenfold {

// What somebody has had, on the scale of the order's places. At most one place at a time may refer to it.
struct TimeAccount {
  double place_s = 0;
};

class FairOrder {
 public:
  // The longest time that nobody runs although somebody waits, and its share of the turn before.
  static constexpr double kLongestPause_s = 0.005;
  static constexpr double kPauseShare = 0.5;
  // Whoever had a turn so recently is company.
  static constexpr double kCompany_s = 0.25;

  struct Place {
    TimeAccount* account = nullptr;  // null: first come, first served
    double at_s = 0;
    Place* next = nullptr;
  };

  struct Next {
    Place* place = nullptr;  // null: nobody, for the next pause_s at least
    double pause_s = 0;
  };

  void join(Place& place);
  // Of one that waits, without having had a turn.
  void leave(Place& place);
  // Whose account it is has gone for good, with no place and no turn: he is neither waited for nor company.
  void forget(const TimeAccount& account) noexcept;
  // All who wait, none of whom is there any more.
  void forget_waiting() noexcept { first_ = nullptr; }
  // And whoever has or had a turn. Accounts stand where they stood, and those who come are not before them.
  void forget_all_but_time() noexcept;
  // While nobody has the turn.
  [[nodiscard]] Next next(double now_s) const;
  // Who would be next if nobody were waited for; null if nobody waits.
  [[nodiscard]] Place* first() const { return first_; }

  // The turn begins, which takes the place out of the order, and ends, not before that. The account must live until
  // the end.
  void begin(Place& place, double now_s);
  void end(double now_s);

  // Whether another than `account` waits or had a turn not long ago. For whoever has the turn.
  [[nodiscard]] bool has_company(const TimeAccount& account, double now_s) const;

 private:
  [[nodiscard]] bool refers_to(const TimeAccount& account) const noexcept;

  struct Left {
    const TimeAccount* account = nullptr;
    double place_s = 0;
    double turn_s = 0;
    double at_s = 0;  // when its turn ended
  };

  Place* first_ = nullptr;          // in the order of their places
  double place_s_ = 0;              // of the turn that was taken last
  TimeAccount* running_ = nullptr;  // whose turn it is
  double began_s_ = 0;
  Left last_;                                                   // who had the last turn
  double others_s_ = -std::numeric_limits<double>::infinity();  // when somebody else had one
};

}  // namespace tenfold
