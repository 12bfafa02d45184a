// Commands on the host and in the jail: outcome, time, environment, user.
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class Hooks : public MonitorTest {};

TEST_F(Hooks, AnswerWithCodeOrSignal) {
  EXPECT_EQ(host("/bin/true")["code"], 0);
  EXPECT_EQ(host("exit 7;")["code"], 7);
  EXPECT_EQ(host("kill -SEGV $$")["signal"], SIGSEGV);
  EXPECT_EQ(host("")["code"], 0);
  const json missing = host("/nonexistent/program x");
  EXPECT_EQ(missing["ok"], false);
  EXPECT_EQ(missing["errno"], ENOENT);
  EXPECT_EQ(missing["kind"], "host_refused");
}

// As jail(8) and jexec(8) do, by execvp(3).
TEST_F(Hooks, AScriptWithoutAnInterpreterLineIsRunByTheShellOfItsPlace) {
  write(place("pre.sh"), "echo \"host $0 $1\" >" + place("told") + "\n", 0755);
  EXPECT_EQ(host(place("pre.sh") + " word")["code"], 0);
  EXPECT_EQ(content(place("told")), "host " + place("pre.sh") + " word\n");
  write(root() + "/bin/job", "echo \"jail $0 $1\" >/tmp/told\nexit 7\n", 0755);
  write(root() + "/bin/empty", "", 0755);
  ASSERT_EQ(create()["ok"], true);
  EXPECT_EQ(inside("/bin/job one")["code"], 7);
  EXPECT_EQ(content(root() + "/tmp/told"), "jail /bin/job one\n");
  EXPECT_EQ(inside("job two", {{"clean", true}})["code"], 7) << "found by PATH";
  EXPECT_EQ(content(root() + "/tmp/told"), "jail /bin/job two\n");
  EXPECT_EQ(inside("empty")["code"], 0);
  ASSERT_EQ(ask("main", {{"command", {{"phase", "main"}, {"line", "/bin/job three"}, {"in_jail", true}}}})["ok"], true);
  EXPECT_EQ(note("main_exited")["exit"]["code"], 7);
  EXPECT_EQ(content(root() + "/tmp/told"), "jail /bin/job three\n");
}

TEST_F(Hooks, AScriptWhoseShellIsMissingSaysSo) {
  write(root() + "/job", "exit 0\n", 0755);
  std::filesystem::remove(root() + "/bin/sh");
  ASSERT_EQ(create()["ok"], true);
  const json refused = inside("/job");
  EXPECT_EQ(refused["ok"], false);
  EXPECT_NE(refused["error"].get<std::string>().find("/bin/sh"), std::string::npos) << refused;
}

TEST_F(Hooks, RunInTheOrderTheyWereAskedForAndAreLogged) {
  for (const char* word : {"one", "two", "three"}) host(std::string("echo ") + word, {{"phase", "exec.prepare"}});
  const auto logged = [this] { return log().find("exec.prepare out three\n") != std::string::npos; };
  ASSERT_TRUE(eventually(logged)) << log();
  EXPECT_LT(log().find("exec.prepare out one\n"), log().find("exec.prepare out two\n"));
  EXPECT_LT(log().find("exec.prepare out two\n"), log().find("exec.prepare out three\n"));
}

TEST_F(Hooks, HostCommandsKnowTheJailAndJidOnlyOnceItExists) {
  host("echo \"$JNAME $JPATH [$JID]\" >" + place("env"));
  EXPECT_EQ(content(place("env")), name_ + " " + root() + " []\n");
  const int jid = create()["jid"].get<int>();
  host("echo \"[$JID]\" >" + place("env"), {{"clean", true}});
  EXPECT_EQ(content(place("env")), "[" + std::to_string(jid) + "]\n");
  EXPECT_EQ(output_of("env").find("JID="), std::string::npos);
}

TEST_F(Hooks, CleanEmptiesTheEnvironment) {
  ASSERT_EQ(create()["ok"], true);
  const std::string text = output_of("env", {{"clean", true}, {"user", "web"}});
  EXPECT_NE(text.find("PATH=/bin:/usr/bin\n"), std::string::npos);
  EXPECT_NE(text.find("USER=web\n"), std::string::npos);
  EXPECT_NE(text.find("HOME=/tmp\n"), std::string::npos);
  EXPECT_EQ(output_of("pwd", {{"clean", true}, {"user", "web"}}), "/tmp\n") << "home, because a user was given";
  EXPECT_EQ(output_of("pwd", {{"clean", true}}), "/\n");
  EXPECT_EQ(output_of("pwd", {{"user", "web"}}), "/\n");
  EXPECT_EQ(text.find("LANG="), std::string::npos);
}

TEST_F(Hooks, UsersAreLookedUpInTheJail) {
  ASSERT_EQ(create()["ok"], true);
  EXPECT_EQ(output_of("id -u", {{"user", "web"}}), "1234\n");
  EXPECT_EQ(output_of("id -g", {{"user", "web"}}), "1235\n");
  EXPECT_NE(output_of("id -G", {{"user", "web"}}).find("99"), std::string::npos);
  EXPECT_EQ(output_of("id -u", {{"user", "4321"}}), "4321\n");
  const json unknown = inside("id -u", {{"user", "nobody-here"}});
  EXPECT_EQ(unknown["ok"], false);
  EXPECT_NE(unknown["error"].get<std::string>().find("nobody-here"), std::string::npos);
  EXPECT_EQ(inside("id -u", {{"user", "web"}, {"system_user", true}})["ok"], false) << "no such user on the host";
}

TEST_F(Hooks, ATimeoutEndsTheCommandWithItsChildren) {
  const auto before = std::chrono::steady_clock::now();
  const json answer = host("sleep 98761 & setsid sleep 98761 & (sleep 98761 &) ; sleep 98761", {{"timeout_ms", 200}});
  EXPECT_EQ(answer["timed_out"], true);
  EXPECT_EQ(answer["signal"], SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s) << "who obeys TERM is not waited for";
  EXPECT_TRUE(processes_with("sleep 98761").empty());
}

TEST_F(Hooks, WhoIgnoresTermIsKilled) {
  ASSERT_EQ(create()["ok"], true);
  const json answer = inside("trap '' TERM; setsid sleep 98762 & sleep 98762; sleep 98762", {{"timeout_ms", 200}});
  EXPECT_EQ(answer["timed_out"], true);
  EXPECT_EQ(answer["signal"], SIGKILL);
  EXPECT_TRUE(processes_with("sleep 98762").empty());
}

TEST_F(Hooks, ADaemonThatAHookStartedEarlierIsSpared) {
  host("setsid sleep 98763 >/dev/null 2>&1 & exit 0");
  host("sleep 98764 & sleep 98764", {{"timeout_ms", 100}});
  EXPECT_TRUE(processes_with("sleep 98764").empty());
  const auto spared = processes_with("sleep 98763");
  ASSERT_EQ(spared.size(), 1U);
  ::kill(spared[0], SIGKILL);
}

TEST_F(Hooks, BackgroundIsNotWaitedFor) {
  EXPECT_EQ(host("sleep 98765 &")["code"], 0);
  const auto pids = processes_with("sleep 98765");
  ASSERT_EQ(pids.size(), 1U);
  ::kill(pids[0], SIGKILL);
}

TEST_F(Hooks, CancelAndHelloWorkWhileOneRuns) {
  const auto run = send("run", {{"command", {{"phase", "exec.prestop"}, {"line", "sleep 98766"}}}});
  const json hello = ask("hello");
  ASSERT_EQ(hello["commands"].size(), 1U);
  EXPECT_EQ(hello["commands"][0]["phase"], "exec.prestop");
  EXPECT_EQ(ask("cancel", {{"target", run + 1000}})["count"], 0);
  EXPECT_EQ(ask("cancel")["count"], 1);
  const json answer = answer_to(run);
  EXPECT_EQ(answer["canceled"], true);
  EXPECT_EQ(answer["signal"], SIGTERM);
}

TEST_F(Hooks, ARunOutlivesItsConnectionAndIsAnsweredToTheNext) {
  const auto run = send("run", {{"command", {{"phase", "exec.poststop"}, {"line", "sleep 98767"}}}});
  host("true");  // the one before has been started
  disconnect();
  connect();
  EXPECT_EQ(ask("hello")["commands"][0]["id"], run);
  ask("cancel");
  EXPECT_EQ(answer_to(run)["phase"], "exec.poststop");
}

TEST_F(Hooks, AnAnswerThatNobodyHeardIsToldByHello) {
  const auto run = send("run", {{"command", {{"phase", "exec.poststop"}, {"line", "touch " + place("done")}}}});
  host("true");
  disconnect();
  ASSERT_TRUE(eventually([this] { return std::filesystem::exists(place("done")); }));
  connect();
  const auto told = [&] {
    const json hello = ask("hello");
    for (const json& answer : hello["answers"]) {
      if (answer["id"] == run) return answer["code"] == 0;
    }
    return false;
  };
  EXPECT_TRUE(eventually(told));
}

TEST_F(Hooks, BadRequestsAreAnsweredAndBadLinesEndTheConnection) {
  EXPECT_EQ(ask("dance")["error"], "unknown request");
  EXPECT_EQ(ask("run", {{"command", {{"phase", "X"}, {"line", "true"}}}})["kind"], "invalid");
  EXPECT_EQ(ask("run", {{"command", 5}})["kind"], "invalid");
  EXPECT_EQ(inside("true")["kind"], "conflict") << "there is no jail";
  EXPECT_EQ(host("true", {{"fib", 1}})["kind"], "invalid");
  EXPECT_EQ(ask("create")["kind"], "invalid");
  EXPECT_EQ(ask("adopt", {{"jid", 1}})["kind"], "not_found");
}

TEST_F(Hooks, ASecondMonitorOfTheRunIsRefused) {
  EXPECT_EQ(start_monitor(), 3);
}

}  // namespace
}  // namespace jaild::monitor
