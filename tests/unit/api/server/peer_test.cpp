// Who the kernel says is there. On Linux the peer is looked at through its pidfd.
#include "api/server/peer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

namespace jaild::server {

namespace {

struct Pair {
  int ours = -1;
  int theirs = -1;
  Pair() {
    int both[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
    ours = both[0];
    theirs = both[1];
  }
  ~Pair() {
    close(ours);
    close(theirs);
  }
};

}  // namespace

TEST(Peer, AProcessBesideUsIsKnownWithItsGroups) {
  const Pair pair;
  const Result<Peer> peer = peer_of(pair.ours);
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_FALSE(peer->jailed);
  EXPECT_NE(std::find(peer->groups.begin(), peer->groups.end(), getegid()), peer->groups.end());
}

TEST(Peer, NoSocketIsAnError) {
  EXPECT_FALSE(peer_of(-1));
}

#ifdef __linux__

namespace {

// What `child` makes of a socket pair in a process of its own; the pair's first end is looked at afterwards.
template <class F>
Result<Peer> peer_made_by(F child, bool still_there) {
  int hold[2];
  EXPECT_EQ(pipe(hold), 0);
  int channel[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    close(hold[1]);
    child(channel[1], hold[0]);
    _exit(0);
  }
  close(hold[0]);
  int fd = -1;
  char byte = 0;
  char control[CMSG_SPACE(sizeof fd)] = {};
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(channel[0], &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != nullptr) {
    std::copy_n(CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd, static_cast<unsigned char*>(static_cast<void*>(&fd)));
  }
  if (!still_there) {
    close(hold[1]);
    EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
  }
  Result<Peer> peer = peer_of(fd);
  close(fd);
  if (still_there) {
    close(hold[1]);
    EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
  }
  close(channel[0]);
  close(channel[1]);
  return peer;
}

// Makes a pair, whose peer credentials are this process's, passes one end on and waits for the end of `hold`.
void make_and_wait(int channel, int hold) {
  int both[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, both) != 0) _exit(1);
  char byte = 0;
  char control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  std::copy_n(static_cast<unsigned char*>(static_cast<void*>(&both[0])), sizeof(int), CMSG_DATA(part));
  if (sendmsg(channel, &message, 0) != 1) _exit(1);
  static_cast<void>(read(hold, &byte, 1));
}

}  // namespace

TEST(Peer, AProcessThatIsGoneCannotBeTold) {
  const Result<Peer> peer = peer_made_by(make_and_wait, false);
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_TRUE(peer->jailed);
}

TEST(Peer, AnotherProcessOfOursIsNoJail) {
  const Result<Peer> peer = peer_made_by(make_and_wait, true);
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_FALSE(peer->jailed);
}

// Root of a jail has uid 0, and with path=/ it sees our socket.
TEST(Peer, RootOfAnotherPidNamespaceIsJailed) {
  if (geteuid() != 0) GTEST_SKIP() << "making a PID name space needs root";
  const auto in_a_namespace = [](int channel, int hold) {
    if (unshare(CLONE_NEWPID) != 0) _exit(1);
    const pid_t pid = fork();
    if (pid == 0) {
      make_and_wait(channel, hold);
      _exit(0);
    }
    waitpid(pid, nullptr, 0);
  };
  const Result<Peer> peer = peer_made_by(in_a_namespace, true);
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_EQ(peer->uid, 0U);
  EXPECT_TRUE(peer->jailed);
}

#endif

}  // namespace jaild::server
