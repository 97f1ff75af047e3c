#include "cli/signals.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "core/mutex.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;

// Collects signals and waits for them.
class Collector {
 public:
  void Add(int signal) {
    MutexLock lock(&mutex_);
    signals_.push_back(signal);
    changed_.NotifyAll();
  }
  std::vector<int> WaitFor(size_t count) {
    MutexLock lock(&mutex_);
    while (signals_.size() < count) changed_.Wait(&mutex_);
    return signals_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<int> signals_;
};

TEST(SignalWatcherTest, TellsEachSignalInOrder) {
  Collector collector;
  ASSERT_OK_AND_ASSIGN(const auto watcher,
                       SignalWatcher::Start({SIGUSR1, SIGUSR2}, [&](int s) { collector.Add(s); }));
  size_t sent = 0;
  for (const int signal : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    kill(getpid(), signal);
    collector.WaitFor(++sent);  // equal signals that are pending together are told once
  }
  EXPECT_THAT(collector.WaitFor(3), ElementsAre(SIGUSR1, SIGUSR2, SIGUSR1));
}

TEST(SignalWatcherTest, GivesBackTheFormerHandling) {
  struct sigaction before = {};
  struct sigaction after = {};
  sigaction(SIGUSR1, nullptr, &before);
  {
    ASSERT_OK_AND_ASSIGN(const auto watcher, SignalWatcher::Start({SIGUSR1}, [](int) {}));
    sigaction(SIGUSR1, nullptr, &after);
    EXPECT_NE(after.sa_handler, before.sa_handler);
  }
  sigaction(SIGUSR1, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

TEST(SignalWatcherTest, WhatIsIgnoredStaysIgnored) {
  struct sigaction ignore = {};
  struct sigaction former = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &ignore, &former);
  {
    ASSERT_OK_AND_ASSIGN(const auto watcher, SignalWatcher::Start({SIGHUP}, [](int) {}));
    struct sigaction now = {};
    sigaction(SIGHUP, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
  }
  sigaction(SIGHUP, &former, nullptr);
}

}  // namespace
}  // namespace qalam
