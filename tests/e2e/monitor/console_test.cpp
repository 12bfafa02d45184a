// What a jail prints: where it goes, and what it costs the host.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class ConsoleOfAJail : public MonitorTest {
 protected:
  [[nodiscard]] mode_t mode_of(const std::string& path) const {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  // Ticks of CPU time, user and system.
  static long cpu_of(int pid) {
    const std::string stat = content("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
  }
  [[nodiscard]] std::uint64_t written() const {
    std::uint64_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(place("log/jails"))) size += file.file_size();
    return size;
  }
};

// Whoever held the file itself could make it a program of root's on the host, or fill the host's disk.
TEST_F(ConsoleOfAJail, TheFileOfExecConsolelogIsNotGivenToTheJail) {
  ASSERT_EQ(create()["ok"], true);
  const std::string console = place("console");
  const json more{{"console", console}};
  ASSERT_EQ(inside("readlink /proc/self/fd/1; readlink /proc/self/fd/2; chmod 4755 /proc/self/fd/1;", more)["ok"],
            true);
  const std::string held = content(console);
  EXPECT_TRUE(held.starts_with("pipe:[")) << held;
  EXPECT_EQ(held.find(place("")), std::string::npos);
  EXPECT_EQ(mode_of(console), 0600U);
  ASSERT_EQ(inside("echo more", more)["code"], 0);
  EXPECT_TRUE(content(console).ends_with("more\n")) << "appended, and there when the command's end is told";
}

TEST_F(ConsoleOfAJail, AConsolelogThatCannotBeOpenedFailsTheCommand) {
  ASSERT_EQ(create()["ok"], true);
  const json refused = inside("true", {{"console", place("nowhere/console")}});
  EXPECT_EQ(refused["ok"], false);
  EXPECT_NE(refused["error"].get<std::string>().find("nowhere"), std::string::npos) << refused;
}

TEST_F(ConsoleOfAJail, ALogThatWasRemovedIsBegunAnew) {
  const auto log_file = place("log/jails/" + name_ + ".log");
  host("echo one");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(log_file); }));
  std::filesystem::remove(log_file);
  host("echo two");
  EXPECT_NE(log().find("exec.prestart out two\n"), std::string::npos) << "before its command's end was told";
}

TEST_F(ConsoleOfAJail, APromptIsInTheLogWhileItsProgramWaits) {
  ASSERT_EQ(create()["ok"], true);
  ASSERT_EQ(
      ask("main",
          {{"command", {{"phase", "command"}, {"line", "echo -n 'login: '; sleep 1000;"}, {"in_jail", true}}}})["ok"],
      true);
  EXPECT_TRUE(eventually([this] { return log().find(" command out+ login: \n") != std::string::npos; })) << log();
}

TEST_F(ConsoleOfAJail, OnePrintingAllItCanCostsTheMonitorNoMoreThanItUsesItself) {
  ASSERT_EQ(create()["ok"], true);
  const int monitor = ask("hello")["pid"].get<int>();
  const json main{{"phase", "command"}, {"line", "yes"}, {"in_jail", true}};
  const json started = ask("main", {{"command", main}});
  ASSERT_EQ(started["ok"], true) << started;
  const int jail = started["pid"].get<int>();
  const auto over = [this] { return ask("hello")["lost_lines"].get<std::uint64_t>() > 0; };
  ASSERT_TRUE(eventually(over)) << "the burst is used up";
  const long monitor_before = cpu_of(monitor);
  const long jail_before = cpu_of(jail);
  const auto written_before = written();
  std::this_thread::sleep_for(4s);  // the span that is measured
  const long monitor_used = cpu_of(monitor) - monitor_before;
  const long jail_used = cpu_of(jail) - jail_before;
  EXPECT_LE(monitor_used, jail_used);
  RecordProperty("monitor_ticks", static_cast<int>(monitor_used));
  RecordProperty("jail_ticks", static_cast<int>(jail_used));
  constexpr std::uint64_t mebibyte = 1024 * 1024;
  EXPECT_LE(written(), written_before + 12 * mebibyte) << "the rate is one a second";
}

// A disk of its own, full after 16 pages.
TEST_F(ConsoleOfAJail, AFullDiskIsToldOnceASecondAndSoIsRoomAgain) {
  ASSERT_EQ(create()["ok"], true);
  ASSERT_EQ(::mount("tmpfs", place("log/jails").c_str(), "tmpfs", 0, "size=64k"), 0);
  const auto loud =
      inside("i=0; while [ $i -lt 3000 ]; do echo a line of a log that is far too long; i=$((i+1)); done");
  EXPECT_EQ(loud["code"], 0) << loud;
  const json told = note("lost");
  EXPECT_GT(told["lost_lines"], 0);
  EXPECT_EQ(told["log_error"], "No space left on device");
  const json hello = ask("hello");
  EXPECT_GE(hello["lost_lines"], told["lost_lines"]);
  EXPECT_EQ(hello["log_error"], "No space left on device");
  EXPECT_EQ(::mount("tmpfs", place("log/jails").c_str(), "tmpfs", MS_REMOUNT, "size=1m"), 0);
  host("echo room");
  const auto well = [this] { return !ask("hello").contains("log_error"); };
  EXPECT_TRUE(eventually(well));
  EXPECT_EQ(ask("hello")["lost_lines"], hello["lost_lines"]);
  EXPECT_EQ(::umount2(place("log/jails").c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace jaild::monitor
