#include "daemon/monitor/server.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "daemon/monitor/protocol.h"
#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class ServerTest : public Temporary {
 protected:
  void SetUp() override {
    if (::getuid() != 0) GTEST_SKIP() << "a monitor serves root only";
    auto server = Server::listen(place("1.sock"));
    ASSERT_TRUE(server);
    server_.emplace(std::move(*server));
  }
  UniqueFd connect() {
    UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(place("1.sock"), static_cast<char*>(address.sun_path));
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    server_->accept();
    return client;
  }
  UniqueFd connect_and_speak() {
    UniqueFd client = connect();
    say(client, "hello\n");
    EXPECT_TRUE(server_->promote());
    EXPECT_EQ(server_->receive(), std::vector<std::string>{"hello"});
    return client;
  }
  static void say(const UniqueFd& client, const std::string& text) {
    ASSERT_EQ(::send(client.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  std::optional<Server> server_;
};

using Lines = std::vector<std::string>;

TEST_F(ServerTest, LinesArriveWholeHoweverTheyWereSent) {
  const auto client = connect_and_speak();
  say(client, "one\ntw");
  EXPECT_EQ(server_->receive(), (Lines{"one"}));
  EXPECT_EQ(server_->receive(), Lines{});  // nothing there: no error
  say(client, "o\nthree\n");
  EXPECT_EQ(server_->receive(), (Lines{"two", "three"}));
}

TEST_F(ServerTest, ANewerConnectionReplacesTheOlder) {
  const auto first = connect_and_speak();
  say(first, "half a li");
  server_->receive();
  const auto second = connect_and_speak();
  say(second, "whole\n");
  EXPECT_EQ(server_->receive(), (Lines{"whole"}));
  char byte = 0;
  EXPECT_EQ(::recv(first.get(), &byte, 1, 0), 0);
}

TEST_F(ServerTest, AProbeDoesNotCutJaildOff) {
  const auto jaild = connect_and_speak();
  connect().reset();
  EXPECT_FALSE(server_->promote());
  EXPECT_LT(server_->candidate(), 0);
  say(jaild, "still here\n");
  EXPECT_EQ(server_->receive(), (Lines{"still here"}));
}

#if defined(__linux__)
// As one in a jail whose root leads to the socket; it has ended, and its number may be anybody's.
TEST_F(ServerTest, RootInAnotherPidNamespaceIsNotServed) {
  for (const bool gone : {false, true}) {
    const pid_t outer = ::fork();
    if (outer == 0) {
      if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
      const pid_t inner = ::fork();
      if (inner == 0) {
        const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(place("1.sock"), static_cast<char*>(address.sun_path));
        if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(1);
        if (!gone) ::pause();
        ::_exit(0);
      }
      int status = 0;
      ::waitpid(inner, &status, 0);
      ::_exit(WEXITSTATUS(status));
    }
    pollfd ready{server_->listener(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
    int status = 0;
    if (gone) ASSERT_EQ(::waitpid(outer, &status, 0), outer);
    server_->accept();
    EXPECT_LT(server_->candidate(), 0);
    if (gone) continue;
    std::ifstream children("/proc/" + std::to_string(outer) + "/task/" + std::to_string(outer) + "/children");
    pid_t inner = 0;
    children >> inner;
    ASSERT_GT(inner, 1);
    ::kill(inner, SIGKILL);
    ::waitpid(outer, &status, 0);
  }
}
#endif

TEST_F(ServerTest, APeerThatDoesNotReadIsDropped) {
  const auto client = connect_and_speak();
  const std::string line(64 * 1024, 'x');
  bool there = true;
  for (int i = 0; i < 1000 && there; ++i) there = server_->send(line);
  EXPECT_FALSE(there);
  EXPECT_LT(server_->connection(), 0);
}

TEST_F(ServerTest, ALineTooLongEndsTheConnection) {
  const auto client = connect_and_speak();
  const std::string part(64 * 1024, 'x');
  for (std::size_t sent = 0; sent <= line_max && server_->connection() >= 0; sent += part.size()) {
    say(client, part);
    for (int i = 0; i < 8 && server_->connection() >= 0; ++i) server_->receive();
  }
  EXPECT_LT(server_->connection(), 0);
}

TEST_F(ServerTest, ASecondListenerIsRefusedAndADeadOnesSocketTakenOver) {
  const auto second = Server::listen(place("1.sock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Kind::exists);
  server_.reset();
  EXPECT_TRUE(Server::listen(place("1.sock")));
}

TEST_F(ServerTest, OnlyRootMayConnectByMode) {
  EXPECT_EQ(std::filesystem::status(place("1.sock")).permissions(), std::filesystem::perms(0600));
}

TEST(ServerPath, TooLongAPathIsRefused) {
  EXPECT_EQ(Server::listen("/" + std::string(200, 'x')).error().kind, Kind::invalid);
}

}  // namespace
}  // namespace jaild::monitor
