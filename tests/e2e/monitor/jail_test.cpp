// A jail's life: create, main command, emptiness, terminate, remove.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class JailLife : public MonitorTest {
 protected:
  json start_main(const std::string& line) {
    return ask("main", {{"command", {{"phase", "main"}, {"line", line}, {"in_jail", true}, {"path", root()}}}});
  }
  [[nodiscard]] json exit_record() const {
    return json::parse(content(place("state/exits/" + std::to_string(run_) + ".json")));
  }
};

TEST_F(JailLife, CreateAnswersPid1AndRecordsIt) {
  const json created = create();
  ASSERT_EQ(created["ok"], true) << created;
  const json record = json::parse(content(place("run/jails/" + name_ + ".json")));
  EXPECT_EQ(record["pid"], created["jid"]);
  EXPECT_EQ(record["start_time"], created["start_time"]);
  EXPECT_EQ(record["run"], run_);
  EXPECT_EQ(record["path"], root());
  EXPECT_EQ(output_of("hostname"), "inner.example.org\n");
  EXPECT_EQ(create()["kind"], "conflict");
}

TEST_F(JailLife, AFailedCreateLeavesNothingAndMayBeRepeated) {
  const json failed = create({{"mounts", {{{"source", "/usr"}, {"target", "/not/there"}, {"type", "nullfs"}}}}});
  EXPECT_EQ(failed["ok"], false);
  EXPECT_EQ(failed["kind"], "missing");
  EXPECT_NE(failed["error"].get<std::string>().find("/not/there"), std::string::npos) << failed;
  EXPECT_FALSE(std::filesystem::exists(place("run/jails/" + name_ + ".json")));
  EXPECT_EQ(create({{"path", place("no-such-root")}})["kind"], "missing");
  EXPECT_EQ(create({{"caps", {"sys_admin"}}})["kind"], "invalid");
  EXPECT_EQ(create()["ok"], true);
}

TEST_F(JailLife, TheMainCommandsExitIsNotedAndRecorded) {
  ASSERT_EQ(create()["ok"], true);
  const json started = start_main("sh -c 'sleep 1; exit 42'");
  ASSERT_EQ(started["ok"], true) << started;
  EXPECT_EQ(ask("hello")["main"], "running");
  EXPECT_EQ(ask("hello")["main_pid"], started["pid"]);
  const json exit = note("main_exited")["exit"];
  EXPECT_EQ(exit["code"], 42);
  note("empty");
  EXPECT_EQ(exit_record()["exit"], exit);
  EXPECT_EQ(exit_record()["run"], run_);
  EXPECT_EQ(ask("hello")["exit"], exit);
  EXPECT_EQ(start_main("true")["kind"], "conflict") << "one main command a run";
}

TEST_F(JailLife, AMainCommandThatIsNotThereIsAnsweredAndMayBeTriedAgain) {
  ASSERT_EQ(create()["ok"], true);
  EXPECT_EQ(start_main("/nonexistent")["ok"], false);
  EXPECT_EQ(ask("hello")["main"], "none");
  EXPECT_EQ(start_main("true")["ok"], true);
}

TEST_F(JailLife, EmptyComesWhenTheLastOrphanEnded) {
  ASSERT_EQ(create()["ok"], true);
  inside("(sleep 0.3 &) ; exit 0");
  EXPECT_EQ(ask("hello")["empty"], false);
  note("empty");
  EXPECT_EQ(ask("hello")["empty"], true);
  inside("true");
  note("empty");
}

TEST_F(JailLife, TerminateReachesEveryProcessAndSaysWhoIsLeft) {
  ASSERT_EQ(create()["ok"], true);
  inside("setsid sleep 98771 >/dev/null 2>&1 & (trap '' TERM; setsid sleep 98772 >/dev/null 2>&1 &) ; exit 0");
  ASSERT_TRUE(eventually([] { return processes_with("sleep 98772").size() == 1; }));
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 500}})["left"], 1);
  EXPECT_TRUE(processes_with("sleep 98771").empty());
  ::kill(processes_with("sleep 98772")[0], SIGKILL);
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 5000}})["left"], 0);
}

TEST_F(JailLife, TerminateReachesNewcomers) {
  ASSERT_EQ(create()["ok"], true);
  inside("(trap 'setsid sleep 98773 & exit' TERM; while :; do sleep 0.05; done) >/dev/null 2>&1 & exit 0");
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 5000}})["left"], 0);
  EXPECT_TRUE(processes_with("sleep 98773").empty());
}

TEST_F(JailLife, RemoveEndsEverythingAndIsNoted) {
  const std::string pid = std::to_string(create()["jid"].get<int>());
  inside("trap '' TERM; setsid sleep 98774 >/dev/null 2>&1 & exit 0");
  EXPECT_EQ(ask("remove")["ok"], true);
  note("gone");
  EXPECT_TRUE(processes_with("sleep 98774").empty());
  EXPECT_FALSE(std::filesystem::exists("/proc/" + pid));
  EXPECT_EQ(ask("hello")["gone"], true);
  EXPECT_EQ(ask("remove")["ok"], true) << "gone already is success";
  EXPECT_EQ(inside("true")["kind"], "conflict");
  EXPECT_EQ(host("true", {{"phase", "exec.poststop"}})["code"], 0);
}

TEST_F(JailLife, Pid1KilledFromOutsideIsNoted) {
  const int pid = create()["jid"].get<int>();
  start_main("sleep 98775");
  ::kill(pid, SIGKILL);
  EXPECT_EQ(note("main_exited")["exit"]["signal"], "SIGKILL");
  note("gone");
}

TEST_F(JailLife, Rlimits) {
  ASSERT_EQ(create({{"rlimits", {{"nofile", 77}}}})["ok"], true);
  EXPECT_EQ(output_of("ulimit -n;"), "77\n");
  EXPECT_EQ(ask("limits", {{"rlimits", {{"nofile", 66}}}})["ok"], true);
  EXPECT_EQ(output_of("ulimit -n;"), "66\n");
  EXPECT_EQ(ask("limits", {{"rlimits", {{"sofas", 66}}}})["kind"], "invalid");
}

// The kernel counts these for root on the whole host: what a jail may not have stays for the host.
TEST_F(JailLife, KernelObjectsOfRootAreBounded) {
  const auto hard = [](const std::string& limits, const std::string& name) {
    std::istringstream rest(limits.substr(limits.find(name) + 26));  // "Max pending signals       SOFT  HARD  signals"
    std::string soft;
    std::string value;
    rest >> soft >> value;
    return value == "unlimited" ? RLIM_INFINITY : std::stoull(value);
  };
  ASSERT_EQ(create()["ok"], true);
  inside("cat /proc/self/limits >/tmp/limits;");
  const std::string inner = content(root() + "/tmp/limits");
  const std::string outer = content("/proc/self/limits");
  EXPECT_EQ(hard(inner, "Max pending signals"), std::min(hard(outer, "Max pending signals") / 2, 16384ULL)) << inner;
  EXPECT_EQ(hard(inner, "Max msgqueue size"), std::min(hard(outer, "Max msgqueue size") / 2, 409600ULL)) << inner;
  ASSERT_EQ(ask("limits", {{"rlimits", {{"msgqueue", 1000}}}})["ok"], true);
  inside("cat /proc/self/limits >/tmp/limits;");
  EXPECT_EQ(hard(content(root() + "/tmp/limits"), "Max msgqueue size"), 1000U) << "a narrower one holds";
}

TEST_F(JailLife, FinishForgetsEverything) {
  ASSERT_EQ(create()["ok"], true);
  start_main("true");
  note("main_exited");
  ask("remove");
  EXPECT_EQ(ask("finish")["ok"], true);
  disconnect();
  ASSERT_TRUE(eventually([this] { return processes_with(place("run")).empty(); }));
  EXPECT_TRUE(std::filesystem::is_empty(place("run/monitors")));
  EXPECT_TRUE(std::filesystem::is_empty(place("run/jails")));
  EXPECT_TRUE(std::filesystem::is_empty(place("state/exits")));
  EXPECT_TRUE(std::filesystem::is_empty(place("run/root")));
}

}  // namespace
}  // namespace jaild::monitor
