#include "runtime/background_task.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <thread>

namespace tenfold {
namespace {

TEST(BackgroundTask, RunsAndIsWaitedFor) {
  int result = 0;
  BackgroundTask task;
  EXPECT_FALSE(task.running());
  ASSERT_TRUE(task.start([&](const std::atomic<bool>&) { result = 7; }).ok());
  task.wait();
  EXPECT_FALSE(task.running());
  EXPECT_EQ(result, 7);
  task.wait();
}

TEST(BackgroundTask, StopsWhenItsOwnerGoes) {
  std::atomic<bool> began = false, ended = false;
  {
    BackgroundTask task;
    const auto work = [&](const std::atomic<bool>& stop) {
      began = true;
      while (!stop) std::this_thread::yield();
      ended = true;
    };
    ASSERT_TRUE(task.start(work).ok());
    while (!began) std::this_thread::yield();
    EXPECT_TRUE(task.running());
    EXPECT_FALSE(ended);
  }
  EXPECT_TRUE(ended);
}

TEST(BackgroundTask, WhatItThrowsEndsIt) {
  BackgroundTask task;
  ASSERT_TRUE(task.start([](const std::atomic<bool>&) { throw std::runtime_error("no"); }).ok());
  task.wait();
  EXPECT_FALSE(task.running());
}

TEST(BackgroundTask, TakesNoSignals) {
  sigset_t mask;
  sigemptyset(&mask);
  BackgroundTask task;
  ASSERT_TRUE(task.start([&](const std::atomic<bool>&) { pthread_sigmask(SIG_SETMASK, nullptr, &mask); }).ok());
  task.wait();
  EXPECT_TRUE(sigismember(&mask, SIGINT));
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_FALSE(sigismember(&mine, SIGINT));
}

}  // namespace
}  // namespace tenfold
