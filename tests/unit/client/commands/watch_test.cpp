// top, status -w, completion, doctor.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "api/contract/json.h"
#include "tests/fakes/temporary_directory.h"
#include "client/problem.h"
#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

json usage(double cpu, double memory) {
  return {{"resources", {{"pcpu", cpu}, {"memoryuse", memory}, {"maxproc", 3}, {"nthr", 4}, {"openfiles", 5}}},
          {"limits", json::array()}};
}

FakeReply busy_and_idle(const FakeRequest& request) {
  if (contains(request.target, "/jails/busy/usage")) return json_reply(200, usage(90, 1048576));
  if (contains(request.target, "/jails/idle/usage")) return json_reply(200, usage(1, 536870912));
  if (contains(request.target, "/usage")) return problem_reply({Kind::not_running, "stopped meanwhile", 0, {}});
  return json_reply(200, {{"items", {jail("busy"), jail("gone"), jail("idle"), jail("off", "stopped")}}, {"event", 3}});
}

TEST(Top, ShowsTheBusiestFirstAndJailsWithoutUsage) {
  const FakeDaemon daemon(busy_and_idle);
  const Said said = run_jailctl(daemon, {"top", "-n", "1"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.err;
  EXPECT_TRUE(said.out.starts_with("NAME  STATE    CPU%  MEMORY  PROCESSES  THREADS  FILES  UPTIME\nbusy")) << said.out;
  EXPECT_LT(said.out.find("busy"), said.out.find("idle"));
  EXPECT_LT(said.out.find("idle"), said.out.find("off"));
  EXPECT_TRUE(contains(said.out, "512M")) << said.out;
  EXPECT_FALSE(contains(said.out, "\x1b")) << "no terminal, no control sequences";
  for (const std::string& call : daemon.calls()) EXPECT_FALSE(contains(call, "/jails/off/usage"));
}

TEST(Top, SortsAsAsked) {
  const FakeDaemon daemon(busy_and_idle);
  const std::string by_memory = run_jailctl(daemon, {"top", "-n", "1", "--sort", "memory"}).out;
  EXPECT_LT(by_memory.find("idle"), by_memory.find("busy"));
  EXPECT_EQ(run_jailctl(daemon, {"top", "--sort", "age"}).code, ExitCode::usage);
  EXPECT_EQ(run_jailctl(daemon, {"top", "-n", "0"}).code, ExitCode::usage);
}

TEST(Top, APictureBeginsOnAnEmptyScreenAndJsonIsOneLine) {
  const FakeDaemon daemon(busy_and_idle);
  EXPECT_TRUE(run_jailctl(daemon, {"top", "-n", "1"}, {.tty = true}).out.starts_with("\x1b[2J\x1b[H"));
  const std::string dumb =
      run_jailctl(daemon, {"top", "-n", "1"}, {.tty = true, .environment = {{"TERM", "dumb"}}}).out;
  EXPECT_FALSE(contains(dumb, "\x1b"));
  const Said said = run_jailctl(daemon, {"-o", "json", "top", "-n", "1"});
  EXPECT_EQ(json::parse(said.out)["items"][0]["usage"]["resources"]["pcpu"], 90);
  EXPECT_EQ(said.out.find('\n'), said.out.size() - 1);
}

TEST(Top, SurvivesAnAnswerOfAnyShape) {
  for (const json& odd :
       {json{{"items", {1, "x", nullptr}}}, json{{"items", {{{"name", 7}, {"status", 7}}}}}, json(7)}) {
    const FakeDaemon daemon([&](const FakeRequest&) { return json_reply(200, odd); });
    EXPECT_NO_THROW(run_jailctl(daemon, {"top", "-n", "1"})) << odd;
    EXPECT_NO_THROW(run_jailctl(daemon, {"top", "-n", "1", "-o", "json"})) << odd;
  }
}

TEST(Top, ADaemonThatIsAwayEndsIt) {
  const FakeDaemon daemon([](const FakeRequest&) { return problem_reply({Kind::forbidden, "no role", 0, {}}); });
  EXPECT_EQ(run_jailctl(daemon, {"top"}).code, ExitCode::not_authorised);
}

// The stream tells of one event; the daemon is gone when it is asked again.
TEST(Status, WatchLooksAgainWhenSomethingHappens) {
  std::atomic<int> looks = 0;
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (contains(request.target, "/events")) {
      return FakeReply{.body = "id: 8\nevent: jail.stopped\ndata: {\"id\":8}\n\n",
                       .headers = {{"Content-Type", "text/event-stream"}},
                       .open = true};
    }
    if (contains(request.target, "limit=1")) return json_reply(200, {{"items", json::array()}, {"event", 7}});
    if (contains(request.target, "/usage")) return json_reply(200, usage(1, 1));
    if (++looks < 2) return jail_reply(200, jail("web"));
    return problem_reply({Kind::unauthorized, "the token is gone", 0, {}});
  });
  const Said said = run_jailctl(daemon, {"status", "-w", "web"});
  EXPECT_EQ(looks, 2);
  EXPECT_EQ(said.code, ExitCode::not_authorised);
  EXPECT_TRUE(contains(said.out, "web\n")) << said.out;
  EXPECT_EQ(daemon.request("GET /events?jail=web&steps=1").headers.at("last-event-id"), "7");
}

// A jaild that does not know steps yet says so, and is followed without them.
TEST(Status, WatchGoesOnWithoutSteps) {
  std::atomic<int> looks = 0;
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (contains(request.target, "steps=1")) return problem_reply({Kind::invalid, "steps?", 0, {}});
    if (contains(request.target, "/events")) {
      return FakeReply{.body = "id: 8\ndata: {\"id\":8}\n\n", .headers = {{"Content-Type", "text/event-stream"}}};
    }
    if (contains(request.target, "limit=1")) return json_reply(200, {{"items", json::array()}, {"event", 7}});
    if (++looks < 2) return jail_reply(200, jail("web", "stopped"));
    return problem_reply({Kind::unauthorized, "the token is gone", 0, {}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"status", "-w", "web"}).code, ExitCode::not_authorised);
  EXPECT_EQ(looks, 2);
}

TEST(Status, WatchOfAnUnknownJailEndsWith4) {
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (contains(request.target, "/jails?")) return json_reply(200, {{"items", {jail("web")}}, {"event", 7}});
    if (contains(request.target, "/usage")) return json_reply(200, usage(1, 1));
    if (contains(request.target, "/web")) return jail_reply(200, jail("web", "stopped"));
    return problem_reply({Kind::not_found, "no jail is called nosuch", 0, {}});
  });
  EXPECT_EQ(run_jailctl(daemon, {"status", "-w", "nosuch"}).code, ExitCode::unknown_jail);
  EXPECT_EQ(run_jailctl(daemon, {"status", "-w", "web", "nosuch"}).code, ExitCode::unknown_jail);
}

// A step of a long start is told as it begins, and its time goes on though nothing else happens.
TEST(Status, WatchShowsTheStepThatRuns) {
  std::atomic<int> looks = 0;
  const FakeDaemon daemon([&](const FakeRequest& request) {
    if (contains(request.target, "/events")) {
      return FakeReply{
          .body = "event: jail.step\ndata: {\"jail\":\"web\",\"step\":\"exec.start\",\"phase\":\"begin\"}\n\n",
          .headers = {{"Content-Type", "text/event-stream"}},
          .open = true};
    }
    if (contains(request.target, "limit=1")) return json_reply(200, {{"items", json::array()}, {"event", 7}});
    json object = jail("web", "starting");
    object["status"]["steps"] = {{{"step", "mount"}, {"ok", true}, {"seconds", 0.01}},
                                 {{"step", "exec.start"}, {"command", "/bin/sh /etc/rc"}, {"running", true}}};
    if (++looks < 4) return jail_reply(200, object);
    return problem_reply({Kind::unauthorized, "the token is gone", 0, {}});
  });
  const Said said =
      run_jailctl(daemon, {"status", "-w", "web"}, {.tty = true, .utf8 = true, .environment = {{"NO_COLOR", "1"}}});
  EXPECT_EQ(said.code, ExitCode::not_authorised) << "looked again and again without an event";
  EXPECT_TRUE(contains(said.out, "… exec.start  /bin/sh /etc/rc")) << said.out;
}

TEST(Completion, EveryShellGetsEveryCommand) {
  const FakeDaemon daemon([](const FakeRequest&) { return json_reply(200, json::object()); });
  for (const char* shell : {"sh", "bash", "zsh", "fish"}) {
    const Said said = run_jailctl(daemon, {"completion", shell});
    EXPECT_EQ(said.code, ExitCode::ok) << shell;
    for (const char* verb : {"up", "down", "token", "rollback", "doctor", "completion"}) {
      EXPECT_TRUE(contains(said.out, verb)) << shell << " " << verb;
    }
    EXPECT_TRUE(contains(said.out, " ls -q 2>/dev/null")) << shell;
  }
  EXPECT_TRUE(daemon.calls().empty()) << "the script asks later";
  EXPECT_EQ(run_jailctl(daemon, {"completion", "csh"}).code, ExitCode::usage);
}

// What bash itself makes of the script: `line` is completed at its end.
std::string completed_by_bash(const std::string& line) {
  const tests::TemporaryDirectory directory;
  const std::string base = directory.path().string();
  std::ofstream(base + "/jailctl.bash") << run_jailctl({"completion", "bash"}).out;
  std::ofstream(base + "/test.bash")
      << "jailctl() { [ \"$1 $2\" != '--socket /there' ] || { echo other; return; }; echo web; echo db; }\n. " << base
      << "/jailctl.bash\nCOMP_WORDS=(" << line
      << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_jailctl\necho \"${COMPREPLY[*]}\"\n";
  std::FILE* bash = popen(("bash " + base + "/test.bash 2>&1").c_str(), "r");
  if (bash == nullptr) return "";
  std::string out;
  char piece[4096];
  while (std::fgets(piece, sizeof piece, bash) != nullptr) out += piece;
  pclose(bash);
  return out;
}

TEST(Completion, BashCompletesCommandsOptionsAndNames) {
  if (std::system("bash -c true") != 0) GTEST_SKIP() << "there is no bash";
  EXPECT_EQ(completed_by_bash("jailctl rollb"), "rollback\n");
  EXPECT_EQ(completed_by_bash("jailctl up w"), "web\n");
  EXPECT_EQ(completed_by_bash("jailctl -o json down ''"), "web db\n");
  EXPECT_EQ(completed_by_bash("jailctl token c"), "create\n");
  EXPECT_EQ(completed_by_bash("jailctl token create x --ro"), "--role\n");
  EXPECT_EQ(completed_by_bash("jailctl events --fol"), "--follow\n");
  EXPECT_EQ(completed_by_bash("jailctl version w"), "\n");
  EXPECT_EQ(completed_by_bash("jailctl completion z"), "zsh\n");
  EXPECT_EQ(completed_by_bash("jailctl ls -o j"), "json\n");
  EXPECT_EQ(completed_by_bash("jailctl events --jail d"), "db\n");
  EXPECT_EQ(completed_by_bash("jailctl --socket /there status o"), "other\n") << "asked where the line says";
  EXPECT_EQ(completed_by_bash("jailctl --socket '$(echo db >&2)' status w"), "web\n") << "nothing typed is run";
}

json readiness(const std::string& racct, WallTime time) {
  return {{"status", "ok"}, {"time", rfc3339(time)}, {"checks", {{"store", "ok"}, {"racct", racct}}}};
}

FakeDaemon::Answer host_with(const std::string& racct, std::chrono::seconds clock_off, const json& jails, bool admin) {
  return [=](const FakeRequest& request) {
    if (request.target == "/readyz")
      return json_reply(200, readiness(racct, std::chrono::system_clock::now() + clock_off));
    if (request.target == "/tokens?limit=1" && !admin) return problem_reply({Kind::forbidden, "no", 0, {}});
    if (request.target == "/tokens?limit=1") return json_reply(200, {{"items", json::array()}});
    if (request.target == "/host") {
      return json_reply(
          200, {{"host", "freebsd"}, {"os", "FreeBSD"}, {"release", "15.0"}, {"kernel_params", {"path", "vnet"}}});
    }
    if (request.target == "/debug/tasks") {
      return json_reply(200,
                        {{"items",
                          {{{"jail", "slow"}, {"activity", "starting"}, {"seconds", 305.5}, {"step", "exec.start"}},
                           {{"jail", "web"}, {"activity", "starting"}, {"seconds", 3}}}}});
    }
    return json_reply(200, {{"items", jails}, {"event", 1}});
  };
}

TEST(Doctor, AHealthyHostIsAllOk) {
  const FakeDaemon daemon(host_with("ok", std::chrono::seconds(0), json::array({jail("web")}), true));
  const Said said = run_jailctl(daemon, {"doctor"});
  EXPECT_EQ(said.code, ExitCode::ok) << said.out;
  for (const char* check : {"socket", "rights", "racct", "store", "clock", "vnet", "jails"}) {
    EXPECT_TRUE(contains(said.out, std::string("ok    ") + check + ": ")) << said.out;
  }
  EXPECT_FALSE(contains(said.out, "BAD"));
  EXPECT_FALSE(contains(said.out, "\x1b"));
  const Said painted = run_jailctl(daemon, {"doctor"}, {.tty = true});
  EXPECT_TRUE(contains(painted.out, "\x1b[32mok\x1b[0m")) << painted.out;
  EXPECT_FALSE(
      contains(run_jailctl(daemon, {"doctor"}, {.tty = true, .environment = {{"NO_COLOR", "1"}}}).out, "\x1b"));
}

TEST(Doctor, SaysWhatIsWrongAndWhatToDo) {
  json dying = jail("old", "stopped");
  dying["status"]["dying_since"] = "2026-01-31T11:58:00Z";
  json broken = jail("web", "failed");
  broken["status"]["reason"] = "exec.start: exited with 1";
  json drifted = jail("db");
  drifted["status"]["drift"] = {"securelevel"};
  json full = jail("log1");
  full["status"]["log_lines_lost"] = 312;
  full["status"]["log_error"] = "No space left on device";
  json loud = jail("log2");
  loud["status"]["log_lines_lost"] = 1;
  json held = jail("mx", "stopping");
  held["status"]["reason"] = "mount busy";
  const FakeDaemon daemon(host_with("off: set kern.racct.enable=1 in /boot/loader.conf", std::chrono::hours(1),
                                    json::array({dying, broken, drifted, held, full, loud}), false));
  const Said said = run_jailctl(daemon, {"doctor"});
  EXPECT_EQ(said.code, ExitCode::failed);
  for (const char* part : {"note  rights: ", "note  racct: off: set kern.racct.enable=1", "BAD   clock: ", "ntpd(8)",
                           "note  leftovers: old", "BAD   jails: web is failed: exec.start", "jailctl status web",
                           "note  jails: db differs from its declaration: securelevel",
                           "BAD   leftovers: mx cannot be taken down: mount busy",
                           "BAD   logs: the log of log1 cannot be written: No space left on device; 312 lines lost",
                           "note  logs: the log of log2 is not complete: 1 line lost", "jailctl logs log2",
                           "note  tasks: slow: starting for 5m05s, at exec.start"}) {
    EXPECT_TRUE(contains(said.out, part)) << part << "\n" << said.out;
  }
  const json items = json::parse(run_jailctl(daemon, {"-o", "json", "doctor"}).out)["items"];
  EXPECT_EQ(items[0]["check"], "socket");
}

TEST(Doctor, ADaemonThatDoesNotAnswerIsTheFinding) {
  const Said said = run_jailctl({"doctor"}, {.environment = {{"JAILD_SOCKET", "/nowhere/jaild.sock"}}});
  EXPECT_EQ(said.code, ExitCode::unreachable);
  EXPECT_TRUE(said.out.starts_with("BAD   socket: cannot reach jaild at /nowhere/jaild.sock")) << said.out;
  EXPECT_TRUE(contains(said.out, std::string(how_to_start()))) << said.out;
}

TEST(Doctor, AFileInThePlaceOfTheSocketIsTold) {
  const tests::TemporaryDirectory directory;
  const std::string path = directory.path().string() + "/jaild.sock";
  std::ofstream(path) << "x";
  const Said said = run_jailctl({"doctor"}, {.environment = {{"JAILD_SOCKET", path}}});
  EXPECT_EQ(said.code, ExitCode::unreachable);
  EXPECT_TRUE(contains(said.out, path + " is no socket")) << said.out;
}

}  // namespace
}  // namespace jaild::client
