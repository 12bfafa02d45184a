// P4, and what a monitor may cost.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "tests/e2e/monitor/driver.h"

// g++ defines __SANITIZE_ADDRESS__; clang answers a question, which only clang knows how to ask.
#ifdef __has_feature
#define JAILD_CLANG_SANITIZES (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define JAILD_CLANG_SANITIZES 0
#endif

namespace jaild::monitor {
namespace {

class Survival : public MonitorTest {
 protected:
  void SetUp() override {
    // A program that was linked a moment ago is not on the disk yet, and its pages would count as dirty ones.
    const UniqueFd program(::open(JAILD_MONITOR_PATH, O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::fsync(program.get()), 0);
    MonitorTest::SetUp();
  }

  // kB of memory that no other process shares.
  static long private_dirty(int pid) {
    std::istringstream smaps(content("/proc/" + std::to_string(pid) + "/smaps"));
    long sum = 0;
    for (std::string line; std::getline(smaps, line);) {
      if (line.starts_with("Private_Dirty:")) sum += std::stol(line.substr(14));
    }
    return sum;
  }
};

TEST_F(Survival, AJailOutlivesItsMonitor) {
  const int jid = create()["jid"].get<int>();
  // It writes far more than a pipe holds, and it says so when it comes to the end.
  const std::string line =
      "while [ ! -e /tmp/go ]; do sleep 0.05; done; seq 1 100000; echo survived >/tmp/told; sleep 98781";
  const json started = ask("main", {{"command", {{"phase", "main"}, {"line", line}, {"in_jail", true}}}});
  ASSERT_EQ(started["ok"], true) << started;
  kill_monitor();
  EXPECT_EQ(std::ranges::count(processes_with("98781"), started["pid"].get<int>()), 1);
  write(root() + "/tmp/go", "");
  EXPECT_TRUE(eventually([this] { return content(root() + "/tmp/told") == "survived\n"; }))
      << "neither SIGPIPE nor a full pipe";
  // Without a monitor the jail record is what leads to it.
  const json record = json::parse(content(place("run/jails/" + name_ + ".json")));
  EXPECT_EQ(record["pid"], jid);
  ::kill(jid, SIGKILL);
  EXPECT_TRUE(eventually([] { return processes_with("98781").empty(); }));
  std::filesystem::remove(place("run/jails/" + name_ + ".json"));
}

// Else it would run beside itself when jaild tries again.
TEST_F(Survival, AHookUnderWayDiesWithItsMonitorAndABackgroundOneDoesNot) {
  EXPECT_EQ(host("sleep 98782 &")["code"], 0);
  send("run", {{"command", {{"phase", "exec.prestart"}, {"line", "sleep 98783"}}}});
  EXPECT_TRUE(eventually([] { return processes_with("sleep 98783").size() == 1; }));
  kill_monitor();
  EXPECT_TRUE(eventually([] { return processes_with("sleep 98783").empty(); }));
  const auto spared = processes_with("sleep 98782");
  ASSERT_EQ(spared.size(), 1U);
  ::kill(spared[0], SIGKILL);
}

TEST_F(Survival, AReopenedMonitorTakesTheJailOver) {
  const int jid = create({{"caps", {"net_raw"}}})["jid"].get<int>();
  kill_monitor();
  ASSERT_EQ(start_monitor(), 0);
  connect();
  EXPECT_EQ(inside("true")["kind"], "conflict") << "not before it has adopted it";
  EXPECT_EQ(ask("adopt", {{"jid", ::getpid()}})["kind"], "not_found");
  const json adopted = ask("adopt", {{"jid", jid}, {"cgroups", json::array()}});
  ASSERT_EQ(adopted["ok"], true);
  EXPECT_EQ(adopted["jid"], jid);
  EXPECT_EQ(ask("adopt", {{"jid", jid}})["kind"], "conflict");
  EXPECT_EQ(ask("hello")["jid"], jid);
  EXPECT_EQ(output_of("hostname; mknod /tmp/x b 8 0 2>/dev/null || echo confined"), "inner.example.org\nconfined\n");
  inside("sleep 98782 &");
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 5000}})["left"], 0);
  EXPECT_EQ(ask("remove")["ok"], true);
  EXPECT_EQ(note("gone")["note"], "gone");
  EXPECT_EQ(ask("hello")["gone"], true);
}

TEST_F(Survival, ARecordOfAnotherProcessIsNoJail) {
  const int jid = create()["jid"].get<int>();
  kill_monitor();
  const std::string record = place("run/jails/" + name_ + ".json");
  json changed = json::parse(content(record));
  changed["start_time"] = changed["start_time"].get<std::uint64_t>() + 1;
  write(record, changed.dump());
  ASSERT_EQ(start_monitor(), 0);
  connect();
  EXPECT_EQ(ask("adopt", {{"jid", jid}})["kind"], "not_found");
  ::kill(jid, SIGKILL);
  std::filesystem::remove(record);
}

// Its own sockets must not get their numbers: it lets go of those when it leaves its parent.
TEST_F(Survival, AMonitorStartedWithoutStandardDescriptorsServes) {
  for (const std::vector<int>& closed : {std::vector{0}, std::vector{1}, std::vector{2}, std::vector{0, 1, 2}}) {
    kill_monitor();
    ASSERT_EQ(start_monitor(closed), 0);
    connect();
    EXPECT_EQ(host("test -r /dev/null && exit 5")["code"], 5);
  }
}

TEST_F(Survival, SignalsToTheGroupOfJaildDoNotEndAMonitor) {
  const int pid = ask("hello")["pid"].get<int>();
  EXPECT_NE(::getsid(pid), ::getsid(0));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1}) ::kill(pid, signal);
  EXPECT_EQ(ask("hello")["pid"], pid);
}

TEST_F(Survival, AJaildThatDoesNotReadIsDroppedAndTheStateKept) {
  ASSERT_EQ(create()["ok"], true);
  for (int i = 0; i < 20000; ++i) {
    if (!try_send_hello()) break;
  }
  disconnect();
  connect();
  EXPECT_EQ(inside("true")["code"], 0);
}

TEST_F(Survival, AtMostAMegabyteIsPrivate) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || JAILD_CLANG_SANITIZES
  GTEST_SKIP() << "a sanitized program has other memory; the release build is measured";
#endif
  const int pid = ask("hello")["pid"].get<int>();
  for (int i = 0; i < 20; ++i) host("echo some output of a hook");
  EXPECT_LE(private_dirty(pid), 1024);
  const int jid = create()["jid"].get<int>();
  host(std::string("echo ") + std::string(512 * 1024, 'x') + " >/dev/null");
  EXPECT_LE(private_dirty(pid), 1024);
  EXPECT_LE(private_dirty(jid), 1024);
  RecordProperty("private_dirty_kb", std::to_string(private_dirty(pid)));
}

}  // namespace
}  // namespace jaild::monitor
