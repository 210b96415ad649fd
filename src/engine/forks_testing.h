// For tests only: what becomes of things in the child of a fork(). Tests of it are left out under sanitizers, whose own
// threads are lost, and on arm64: qemu-user, which runs that here, ends such a child.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(TENFOLD_SANITIZED) && !defined(__aarch64__)
#define TENFOLD_TEST_FORKS
#endif

namespace tenfold {

// How the child `pid` of this process ends.
inline void expect_exit_of(pid_t pid, int expected) {
  int state = 0;
  ASSERT_EQ(waitpid(pid, &state, 0), pid);
  ASSERT_TRUE(WIFEXITED(state)) << "signal " << WTERMSIG(state);
  EXPECT_EQ(WEXITSTATUS(state), expected);
}

// Runs `child` in the child of a fork(), which ends with its outcome.
template <typename Child>
void expect_in_a_child(int expected, Child&& child) {
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    alarm(60);  // a child that hangs ends
    _exit(child());
  }
  expect_exit_of(pid, expected);
}

}  // namespace tenfold
