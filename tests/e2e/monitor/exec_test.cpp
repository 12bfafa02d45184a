// What somebody runs in the jail by hand: streams, terminal, end.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "daemon/host/pass_fds.h"
#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class Exec : public MonitorTest {
 protected:
  void SetUp() override {
    MonitorTest::SetUp();
    if (IsSkipped()) return;
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    lifeline_.reset(pair[0]);
    theirs_.emplace_back(pair[1]);
    ASSERT_EQ(create()["ok"], true);
  }

  json start(json command) {
    if (!command.contains("terminal")) {
      for (UniqueFd* ours : {&in_, &out_, &err_}) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        const bool input = ours == &in_;
        ours->reset(ends[input ? 1 : 0]);
        theirs_.emplace_back(ends[input ? 0 : 1]);
      }
    }
    const auto id = send_with("exec", {{"command", command}, {"fds", theirs_.size()}}, theirs_);
    theirs_.clear();
    json answer = answer_to(id);
    if (answer["ok"] == true && command.contains("terminal")) take_terminal();
    return answer;
  }
  json shell(const std::string& line, json more = json::object()) {
    more["argv"] = {"sh", "-c", line};
    return start(std::move(more));
  }
  void take_terminal() {
    std::vector<UniqueFd> fds;
    char byte = 0;
    EXPECT_EQ(receive_with_fds(lifeline_.get(), &byte, 1, fds, MSG_DONTWAIT), 1) << "it comes before the answer";
    ASSERT_EQ(fds.size(), 1U);
    out_ = std::move(fds[0]);
  }
  // To the end of the stream, or to `mark`; at most ten seconds.
  static std::string read(const UniqueFd& fd, const std::string& mark = "") {
    std::string text;
    while (mark.empty() || text.find(mark) == std::string::npos) {
      pollfd ready{fd.get(), POLLIN, 0};
      if (::poll(&ready, 1, 10'000) != 1) return text + " (and then nothing)";
      std::array<char, 4096> bytes{};
      const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
      if (got <= 0) return text;  // a terminal ends with EIO
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  UniqueFd lifeline_;
  UniqueFd in_;
  UniqueFd out_;  // or the master of the terminal
  UniqueFd err_;

 private:
  std::vector<UniqueFd> theirs_;
};

TEST_F(Exec, HasThreeStreamsAndAnExit) {
  ASSERT_EQ(shell("read word; echo out $word; echo err >&2; exit 7")["ok"], true);
  EXPECT_EQ(::write(in_.get(), "hello\n", 6), 6);
  const json ended = note("exec_exited");
  EXPECT_EQ(ended["code"], 7);
  EXPECT_EQ(read(out_), "out hello\n");
  EXPECT_EQ(read(err_), "err\n");
  EXPECT_EQ(log().find("hello"), std::string::npos) << "its output is nobody's log";
}

TEST_F(Exec, RunsAsWhoWhereAndWithWhatWasAskedFor) {
  ASSERT_EQ(shell("id -u; pwd; echo $A $USER $HOME",
                  {{"user", "web"}, {"directory", "/tmp"}, {"env", {"A=1=2", "HOME=/data"}}})["ok"],
            true);
  EXPECT_EQ(read(out_), "1234\n/tmp\n1=2 web /data\n");
}

TEST_F(Exec, IsConfinedAsHooksAre) {
  ASSERT_EQ(shell("hostname; mknod /tmp/sda b 8 0; unshare -r true; echo $$ >/dev/null; ls /proc/1/root")["ok"], true);
  const std::string out = read(out_);
  EXPECT_TRUE(out.starts_with("inner.example.org\n")) << out;
  EXPECT_NE(read(err_).find("mknod"), std::string::npos);
}

TEST_F(Exec, AScriptWithoutAnInterpreterLineIsRunByTheShell) {
  write(root() + "/tmp/job", "echo $0 $1\nexit 3\n", 0755);
  ASSERT_EQ(start({{"argv", {"/tmp/job", "word"}}})["ok"], true);
  EXPECT_EQ(note("exec_exited")["code"], 3);
  EXPECT_EQ(read(out_), "/tmp/job word\n");
}

TEST_F(Exec, WhatCannotBeRunIsAnsweredWithErrno) {
  const json missing = start({{"argv", {"/nonexistent"}}});
  EXPECT_EQ(missing["ok"], false);
  EXPECT_EQ(missing["errno"], ENOENT);
}

TEST_F(Exec, ADirectoryThatIsMissingIsNotAMissingProgram) {
  const json refused = shell("true", {{"directory", "/nonexistent"}});
  EXPECT_EQ(refused["ok"], false);
  EXPECT_FALSE(refused.contains("errno"));
}

TEST_F(Exec, HangingUpEndsItWithItsChildren) {
  ASSERT_EQ(shell("sleep 98771 & setsid sleep 98771 & trap '' TERM HUP; sleep 98771; sleep 98771")["ok"], true);
  ASSERT_TRUE(eventually([] { return processes_with("sleep 98771").size() >= 4; }));
  lifeline_.reset();
  EXPECT_TRUE(eventually([] { return processes_with("98771").empty(); }));
}

TEST_F(Exec, AJaildThatDiesHangsUp) {
  ASSERT_EQ(shell("sleep 98772")["ok"], true);
  disconnect();
  lifeline_.reset();
  EXPECT_TRUE(eventually([] { return processes_with("98772").empty(); }));
  connect();
}

TEST_F(Exec, ATimeoutEndsIt) {
  ASSERT_EQ(shell("sleep 98773", {{"timeout_ms", 100}})["ok"], true);
  const json ended = note("exec_exited");
  EXPECT_EQ(ended["timed_out"], true);
  EXPECT_TRUE(processes_with("98773").empty());
}

TEST_F(Exec, SignalsReachIt) {
  const json started = shell("trap 'echo got it; exit 3' USR1; echo ready; while :; do sleep 0.05; done");
  EXPECT_EQ(read(out_, "ready\n"), "ready\n");
  EXPECT_EQ(ask("signal", {{"target", started["id"]}, {"signal", SIGUSR1}})["ok"], true);
  EXPECT_EQ(note("exec_exited")["code"], 3);
  EXPECT_EQ(ask("signal", {{"target", started["id"]}, {"signal", SIGUSR1}})["kind"], "not_found");
  EXPECT_EQ(ask("signal", {{"target", started["id"]}, {"signal", 0}})["kind"], "invalid");
}

TEST_F(Exec, ACancelOfHooksLeavesItAlone) {
  ASSERT_EQ(shell("sleep 98774")["ok"], true);
  EXPECT_EQ(ask("hello")["commands"], json::array());
  EXPECT_EQ(ask("cancel")["count"], 0);
  EXPECT_FALSE(processes_with("sleep 98774").empty());
  lifeline_.reset();
  EXPECT_TRUE(eventually([] { return processes_with("98774").empty(); }));
}

TEST_F(Exec, ATerminalIsTheJailsOwn) {
  ASSERT_EQ(shell("stty size; tty; echo $TERM; [ -t 0 ] && [ -t 2 ] && echo yes; sleep 98775",
                  {{"user", "web"}, {"terminal", {{"columns", 100}, {"rows", 30}}}})["ok"],
            true);
  EXPECT_EQ(read(out_, "yes\r\n"), "30 100\r\n/dev/pts/0\r\nxterm\r\nyes\r\n");
  // Ctrl-C is the terminal's.
  EXPECT_EQ(::write(out_.get(), "\x03", 1), 1);
  EXPECT_EQ(note("exec_exited")["signal"], SIGINT);
}

TEST_F(Exec, ATerminalThatChangesItsSizeTellsTheCommand) {
  ASSERT_EQ(shell("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done",
                  {{"terminal", json::object()}})["ok"],
            true);
  read(out_, "ready");
  winsize size{};
  size.ws_col = 44;
  size.ws_row = 11;
  ASSERT_EQ(::ioctl(out_.get(), TIOCSWINSZ, &size), 0);
  EXPECT_NE(read(out_, "11 44").find("11 44"), std::string::npos);
  EXPECT_EQ(note("exec_exited")["code"], 0);
}

TEST_F(Exec, ALoginShellStartsAtHome) {
  ASSERT_EQ(start({{"user", "web"}, {"terminal", json::object()}})["ok"], true);
  EXPECT_EQ(::write(out_.get(), "pwd; echo arg0=$0; exit 5\n", 26), 26);
  const std::string said = read(out_, "arg0=-");
  EXPECT_NE(said.find("/tmp\r\n"), std::string::npos) << said;
  EXPECT_NE(said.find("arg0=-sh"), std::string::npos) << said;
  EXPECT_EQ(note("exec_exited")["code"], 5);
}

// The jail's root must not be able to hand us anything else as a terminal, nor to hold us up.
TEST_F(Exec, WhatStandsInPlaceOfATerminalIsRefused) {
  ASSERT_EQ(inside("rm /dev/ptmx; : >/dev/ptmx")["code"], 0);
  json refused = shell("true", {{"terminal", json::object()}});
  EXPECT_EQ(refused["kind"], "missing");
  EXPECT_NE(refused["error"].get<std::string>().find("mount.devfs"), std::string::npos);
}

TEST_F(Exec, NeedsItsDescriptors) {
  EXPECT_EQ(ask("exec", {{"command", {{"argv", {"true"}}}}, {"fds", 0}})["kind"], "invalid");
  EXPECT_EQ(ask("exec", {{"command", {{"argv", {"true"}}}}, {"fds", 4}})["kind"], "invalid");
  EXPECT_EQ(ask("exec", {{"command", 5}, {"fds", 4}})["kind"], "invalid");
}

}  // namespace
}  // namespace jaild::monitor
