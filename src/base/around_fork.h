// AroundFork: what has locks of its own and is to be whole in the child of a fork(), which has no thread but the one
// that called it. Whoever forks takes the locks first, so that nobody is within; see Hosts.
#pragma once

namespace tenfold {

class AroundFork {
 public:
  // Takes the locks; one of the two below gives them back, on the same thread.
  virtual void before_fork() = 0;
  virtual void after_fork_in_parent() = 0;
  // Also forgets what threads that are not there were doing, or remembers to refuse what needs it.
  virtual void after_fork_in_child() = 0;

 protected:
  ~AroundFork() = default;
};

}  // namespace tenfold
