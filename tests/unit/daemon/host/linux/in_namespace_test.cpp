#include "daemon/host/linux/in_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

std::string own_uts() {
  return fs::read_symlink("/proc/thread-self/ns/uts").string();
}

TEST(InNamespace, TheThreadThatAsksIsBackAfterwards) {
  if (::getuid() != 0) GTEST_SKIP() << "entering a namespace needs root";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const char failed = ::unshare(CLONE_NEWUTS) == 0 ? 0 : 1;
    if (::write(ready[1], &failed, 1) == 1) ::pause();
    ::_exit(1);
  }
  char failed = 1;
  ASSERT_EQ(::read(ready[0], &failed, 1), 1);
  ASSERT_EQ(failed, 0);
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/uts";
  const UniqueFd target(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string before = own_uts();
  std::string inside;
  const auto done = in_namespace(target.get(), CLONE_NEWUTS, "enter it", [&]() -> Result<void> {
    inside = own_uts();
    return Fail(Kind::conflict, "said inside");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "said inside");
  EXPECT_EQ(inside, fs::read_symlink(path).string());
  EXPECT_NE(inside, before);
  EXPECT_EQ(own_uts(), before);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  for (const int end : ready) ::close(end);
}

TEST(InNamespace, WhatIsNoNamespaceIsRefusedBeforeTheJob) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  bool run = false;
  const auto done = in_namespace(null.get(), CLONE_NEWUTS, "enter it", [&]() -> Result<void> {
    run = true;
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().message.starts_with("enter it: ")) << done.error().message;
  EXPECT_FALSE(run);
}

}  // namespace
}  // namespace jaild::host
