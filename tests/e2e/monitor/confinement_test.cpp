// Linux, so that it confines (design, section 3): what root in a jail must not be able to do, and what it must.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <sstream>

#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class Confinement : public MonitorTest {
 protected:
  // True when the command line succeeds in the jail.
  bool can(const std::string& line) {
    const json answer = inside(line + " >/dev/null 2>&1;");
    EXPECT_EQ(answer["ok"], true) << answer;
    return answer["code"] == 0;
  }
};

TEST_F(Confinement, RootKeepsWhatAJailNeeds) {
  ASSERT_EQ(create()["ok"], true);
  EXPECT_TRUE(can("touch /tmp/file && chown 1234:1235 /tmp/file && chmod 600 /tmp/file && cat /tmp/file"));
  EXPECT_TRUE(can("su web -c 'touch /tmp/of-web'"));
  EXPECT_EQ(output_of("su web -c id;").substr(0, 8), "uid=1234");
  EXPECT_TRUE(can("echo x >/dev/null && cat /dev/null && ls /dev/pts /dev/shm /dev/fd/0 && ps"));
  EXPECT_TRUE(can("sleep 10 & kill $!"));
  EXPECT_TRUE(can("chroot / true"));
}

TEST_F(Confinement, NothingHostWideCanBeWritten) {
  ASSERT_EQ(create()["ok"], true);
  const std::string before = content("/proc/sys/kernel/core_pattern");
  EXPECT_FALSE(can("echo x >/proc/sys/kernel/core_pattern"));
  EXPECT_FALSE(can("echo h >/proc/sysrq-trigger"));
  EXPECT_FALSE(can("chmod 777 /proc/sys/kernel/core_pattern"));
  EXPECT_FALSE(can("chmod 600 /proc/keys"));
  EXPECT_TRUE(can("test -f /proc/keys")) << "a mask is nothing of the host";
  EXPECT_TRUE(output_of("cat /proc/keys /proc/timer_list /proc/kallsyms").empty());
  EXPECT_EQ(content("/proc/sys/kernel/core_pattern"), before);
  EXPECT_FALSE(can("hostname other"));
  struct stat null{};
  ASSERT_EQ(::stat("/dev/null", &null), 0);
  EXPECT_EQ(null.st_mode & 07777, 0666U);
}

// What root holds it may change, whatever the mount that it came from is.
class Holding : public Confinement {
 protected:
  void expect_nothing_of_the_host() {
    const std::string look =
        "for fd in 0 1 2; do readlink /proc/self/fd/$fd; done; ls /proc/self/fd; "
        "cat; chmod 600 /proc/self/fd/0; cat <&0; echo looked;";
    EXPECT_EQ(inside(look)["code"], 0) << "reading ends at once";
    ASSERT_EQ(ask("main", {{"command", {{"phase", "main"}, {"line", look}, {"in_jail", true}}}})["ok"], true);
    EXPECT_EQ(note("main_exited")["exit"]["code"], 0);
    ASSERT_TRUE(eventually([this] { return log().find("main out looked") != std::string::npos; })) << log();
    struct stat null{};
    EXPECT_EQ(::stat("/dev/null", &null), 0);
    EXPECT_EQ(null.st_mode & 07777, 0666U);
    if ((null.st_mode & 07777) != 0666U) ::chmod("/dev/null", 0666);
    std::istringstream lines(log());
    int pipes = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" out pipe:[") != std::string::npos) ++pipes;
      EXPECT_EQ(line.find(" out /"), std::string::npos) << line;
    }
    EXPECT_EQ(pipes, 6) << log();
    // 3 is the directory that ls reads.
    EXPECT_NE(log().find("main out 3\n"), std::string::npos) << log();
    EXPECT_EQ(log().find("main out 4\n"), std::string::npos) << log();
  }
};

TEST_F(Holding, NoCommandHoldsAnythingOfTheHost) {
  ASSERT_EQ(create()["ok"], true);
  expect_nothing_of_the_host();
}

TEST_F(Holding, WhateverTheJailHasAsDevNull) {
  ASSERT_EQ(::mkfifo((root() + "/dev/null").c_str(), 0666), 0);
  ASSERT_EQ(create({{"devfs", false}})["ok"], true);
  expect_nothing_of_the_host();
}

TEST_F(Confinement, NoMountsAndNoNewNamespaces) {
  ASSERT_EQ(create()["ok"], true);
  EXPECT_FALSE(can("mount -t tmpfs none /tmp"));
  EXPECT_FALSE(can("mount -t proc none /tmp"));
  EXPECT_FALSE(can("mount -t cgroup none /tmp"));
  EXPECT_FALSE(can("umount /proc/sys"));
  EXPECT_FALSE(can("mount -o remount,rw /proc/sys"));
  for (const char* flag : {"-U", "-m", "-n", "-p", "-u", "-i"}) {
    EXPECT_FALSE(can(std::string("unshare ") + flag + " true")) << flag;
    EXPECT_FALSE(can(std::string("su web -c 'unshare ") + flag + " true'")) << flag;
  }
}

TEST_F(Confinement, HarmlessDevicesOnly) {
  write(root() + "/data/x", "");
  ASSERT_EQ(::mknod((root() + "/data/zero").c_str(), S_IFCHR | 0666, 0x105), 0);
  ASSERT_EQ(create()["ok"], true);
  EXPECT_FALSE(can("mknod /tmp/disk b 8 0"));
  EXPECT_FALSE(can("mknod /dev/mem c 1 1"));
  EXPECT_FALSE(can("true </data/zero")) << "a node that came with the image";
  EXPECT_EQ(output_of("ls /dev"),
            "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n");
}

TEST_F(Confinement, TheMonitorIsOutOfReach) {
  ASSERT_EQ(create()["ok"], true);
  EXPECT_FALSE(can("cat /proc/1/environ"));
  EXPECT_FALSE(can("readlink /proc/1/exe"));
  EXPECT_FALSE(can("ls /proc/1/root/"));
  EXPECT_FALSE(can("readlink /proc/1/fd/3"));
  EXPECT_EQ(output_of("kill -9 1; kill -TERM 1; echo alive"), "alive\n");
  EXPECT_EQ(ask("hello")["gone"], false);
  EXPECT_EQ(output_of("ps").find("kthreadd"), std::string::npos);
}

// A script whose interpreter is /proc/self/exe makes the child of the monitor run the monitor's own file in the jail.
TEST_F(Confinement, TheMonitorsFileCannotBeWrittenThroughProc) {
  write(root() + "/bin/trap", "#!/proc/self/exe\n", 0755);
  ASSERT_EQ(create()["ok"], true);
  inside("/bin/trap");
  const int pid = ask("hello")["pid"].get<int>();
  std::ofstream file("/proc/" + std::to_string(pid) + "/exe", std::ios::app);
  EXPECT_FALSE(file.is_open()) << "the mount it runs from is read-only";
}

TEST_F(Confinement, CapabilitiesAreTheBasicSetAndThoseGiven) {
  ASSERT_EQ(create({{"caps", {"net_raw"}}})["ok"], true);
  const std::string status = output_of("cat /proc/self/status");
  // chown 0, dac_override 1, fowner 3, fsetid 4, kill 5, setgid 6, setuid 7, net_raw 13, sys_chroot 18
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
    EXPECT_NE(status.find(std::string(set) + ":\t00000000000420fb\n"), std::string::npos) << status;
  }
  EXPECT_NE(status.find("CapInh:\t0000000000000000\n"), std::string::npos);
  EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos);
  EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos);
}

TEST_F(Confinement, TheNetworkIsItsOwn) {
  ASSERT_EQ(create({{"net", "none"}})["ok"], true);
  EXPECT_EQ(output_of("ifconfig"), "") << "nothing is up";
}

TEST_F(Confinement, InheritIsTheHosts) {
  const int jid = create({{"net", "inherit"}})["jid"].get<int>();
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(jid) + "/ns/net"),
            std::filesystem::read_symlink("/proc/self/ns/net"));
  EXPECT_FALSE(can("ifconfig lo down"));
}

TEST_F(Confinement, MountsShowWithTheirOptions) {
  write(root() + "/data/hidden", "");
  ASSERT_EQ(
      create({{"mounts",
               {{{"source", place("log")}, {"target", "/data"}, {"type", "nullfs"}, {"options", {"ro"}}},
                {{"source", ""}, {"target", "/tmp"}, {"type", "tmpfs"}, {"options", {"size=64k", "noexec"}}}}}})["ok"],
      true);
  EXPECT_FALSE(can("ls /data/hidden"));
  EXPECT_FALSE(can("touch /data/new"));
  EXPECT_TRUE(can("touch /tmp/new"));
  EXPECT_FALSE(std::filesystem::exists(root() + "/tmp/new"));
}

TEST_F(Confinement, ALinkPlantedInTheRootLeadsNoMountOut) {
  std::filesystem::create_directory_symlink("/", root() + "/up");
  std::filesystem::create_directory(root() + "/real");
  std::filesystem::create_directory_symlink("../../../../..", root() + "/real/out");
  for (const char* target : {"/up/mnt", "/up", "/real/out", "/../../mnt", "/real/out/mnt"}) {
    const json failed = create({{"mounts", {{{"source", "/usr"}, {"target", target}, {"type", "nullfs"}}}}});
    EXPECT_EQ(failed["ok"], false) << target;
  }
  std::filesystem::remove(root() + "/dev");
  std::filesystem::create_directory_symlink("/etc", root() + "/dev");
  EXPECT_EQ(create()["ok"], false);
}

// A source is followed as far as nobody in a jail could have turned the path elsewhere.
TEST_F(Confinement, ALinkPlantedWhereAJailCanWriteLeadsToNoSource) {
  const auto refused = [this](const std::string& source) {
    const json failed = create({{"mounts", {{{"source", source}, {"target", "/data"}, {"type", "nullfs"}}}}});
    return failed["ok"] == false && failed["kind"] == "host_refused" &&
           failed["error"].get<std::string>().find("symbolic link") != std::string::npos;
  };
  std::filesystem::create_directory_symlink("/etc", root() + "/planted");
  EXPECT_TRUE(refused(root() + "/planted"));
  std::filesystem::create_directories(place("other/data"));
  std::filesystem::create_directory_symlink("/etc", place("other/planted"));
  std::filesystem::create_directory_symlink(place("other"), place("link"));
  write(place("state/jail-trees"), std::filesystem::canonical(place("other")).string() + "\n");
  EXPECT_TRUE(refused(place("other/planted")));
  EXPECT_TRUE(refused(place("link/planted/ssl")));
  std::filesystem::create_directories(place("other/jail"));
  std::filesystem::create_directory_symlink("/", place("other/root"));
  EXPECT_EQ(create({{"path", place("other/root")}})["kind"], "host_refused");
  write(place("other/data/here"), "");
  ASSERT_EQ(create({{"mounts", {{{"source", place("link/data")}, {"target", "/data"}, {"type", "nullfs"}}}}})["ok"],
            true)
      << "the link of the host's own";
  EXPECT_TRUE(can("ls /data/here"));
}

TEST_F(Confinement, TheKernelsOwnFileSystemsAreNoSource) {
  for (const char* source : {"/proc", "/proc/sys", "/sys", "/sys/kernel", "/dev/pts", "/proc/meminfo"}) {
    const json failed = create({{"mounts", {{{"source", source}, {"target", "/data"}, {"type", "nullfs"}}}}});
    EXPECT_EQ(failed["ok"], false) << source;
    EXPECT_NE(failed["error"].get<std::string>().find("no jail may have"), std::string::npos) << failed;
  }
  EXPECT_EQ(create({{"path", "/sys"}})["ok"], false);
}

// The root of the host as a jail's root: what is mounted below it does not come along.
TEST_F(Confinement, WithTheHostsRootItsMountsDoNotShow) {
  ASSERT_EQ(create({{"path", "/"}, {"procfs", false}, {"devfs", false}})["ok"], true);
  EXPECT_FALSE(can("ls /proc/1"));
  EXPECT_FALSE(can("ls /sys/fs/cgroup"));
  EXPECT_FALSE(can("ls /dev/pts/ptmx"));
}

// What a process in the jail can see of others in its /proc, by the jail's own /proc, for which no privilege is needed.
class Newborn : public Confinement {
 protected:
  struct Seen {
    std::set<std::string> titles, groups, mounts, interfaces, capabilities;
    std::size_t looks = 0;
  };

  static std::string line_of(const std::string& text, const std::string& key) {
    const std::size_t at = text.find(key);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  }
  static bool exits(const std::string& process) {
    constexpr unsigned long exiting = 0x4;  // PF_EXITING in field 9 of proc_pid_stat(5)
    const std::string stat = content(process + "/stat");
    std::istringstream words(stat.substr(std::min(stat.rfind(')'), stat.size())));
    std::string skipped;
    unsigned long flags = exiting;
    for (int field = 2; field < 9; ++field) words >> skipped;
    words >> flags;
    return (flags & exiting) != 0;
  }
  static void look(const std::string& process, Seen& seen) {
    const auto add = [](std::set<std::string>& set, const std::string& text) {
      if (!text.empty()) set.insert(text);  // empty: it has just ended
    };
    std::string title = content(process + "/cmdline");
    add(seen.titles, title.substr(0, title.find('\0')));
    const std::string group = line_of(content(process + "/cgroup"), ":pids:");
    if (!exits(process)) add(seen.groups, group);  // proc_cgroup_show() of the kernel: then it is "/"
    add(seen.mounts, content(process + "/mountinfo"));
    const std::string devices = content(process + "/net/dev");
    if (!devices.empty()) add(seen.interfaces, std::to_string(std::ranges::count(devices, '\n') - 2));
    add(seen.capabilities, line_of(content(process + "/status"), "CapEff"));
    ++seen.looks;
  }
  // Looks at all that appear beside pid 1 until `stop`.
  static Seen watch(const std::string& proc, const std::atomic<bool>& stop) {
    Seen seen;
    while (!stop) {
      for (const auto& entry : std::filesystem::directory_iterator(proc)) {
        const std::string name = entry.path().filename();
        if (name != "1" && name.find_first_not_of("0123456789") == std::string::npos) look(proc + "/" + name, seen);
      }
    }
    return seen;
  }
};

TEST_F(Newborn, NobodySeesAProcessBeforeItIsConfined) {
  const std::string outer = "/sys/fs/cgroup/pids/jaild-monitor-test-" + std::to_string(::getpid());
  const bool grouped = std::filesystem::exists("/sys/fs/cgroup/pids/cgroup.procs");
  json groups = json::array();
  if (grouped) {
    ASSERT_TRUE(std::filesystem::create_directories(outer + "/jail"));
    write(outer + "/jail/pids.max", "1");
    groups.push_back(outer + "/jail/cgroup.procs");
  }
  const int jid = create({{"cgroups", groups}})["jid"].get<int>();
  const std::string proc = "/proc/" + std::to_string(jid) + "/root/proc";
  Seen pid1;
  look(proc + "/1", pid1);
  std::atomic<bool> stop = false;
  auto watching = std::async(std::launch::async, [&] { return watch(proc, stop); });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(inside("/bin/true")["code"], 0) << "one process may always enter";
  stop = true;
  const Seen seen = watching.get();
  EXPECT_GT(seen.looks, 100U);
  EXPECT_EQ(seen.titles, (std::set<std::string>{"/bin/true", "jaild-entry"}));
  EXPECT_EQ(seen.mounts, pid1.mounts);
  EXPECT_EQ(seen.interfaces, std::set<std::string>{"1"}) << "lo";
  EXPECT_EQ(seen.capabilities, std::set<std::string>{"CapEff:\t00000000000400fb"});
  for (const std::string& group : seen.groups) EXPECT_TRUE(group.starts_with(":pids:/jaild-monitor-test-")) << group;
  EXPECT_EQ(*pid1.titles.begin(), "jaild-pid1");
  if (!grouped) return;
  EXPECT_EQ(seen.groups.count(":pids:" + outer.substr(outer.rfind("/")) + "/jail"), 1U);
  ask("remove");
  EXPECT_EQ(::rmdir((outer + "/jail").c_str()), 0);
  EXPECT_EQ(::rmdir(outer.c_str()), 0);
}

class Pid1 : public Confinement {};

TEST_F(Pid1, ItsLimitsAreNotSetFromInside) {
  if (::access("/usr/bin/prlimit", X_OK) != 0) GTEST_SKIP() << "needs /usr/bin/prlimit";
  const int jid = create({{"path", "/"}})["jid"].get<int>();
  const std::string before = content("/proc/" + std::to_string(jid) + "/limits");
  EXPECT_FALSE(can("/usr/bin/prlimit --pid 1 --nofile=0:0"));
  EXPECT_FALSE(can("/usr/bin/prlimit --pid 1 --cpu=1:1"));
  EXPECT_EQ(content("/proc/" + std::to_string(jid) + "/limits"), before);
  EXPECT_TRUE(can("/usr/bin/prlimit --nofile=64:64 /bin/true")) << "its own";
  EXPECT_TRUE(can("sleep 5 & /usr/bin/prlimit --pid $! --nofile=64:64 && kill $!")) << "and each other's";
}

TEST_F(Pid1, AnErrorThatItDoesNotKnowEndsIt) {
  const int jid = create()["jid"].get<int>();
  const rlimit none{0, 0};
  ASSERT_EQ(::prlimit(jid, RLIMIT_NOFILE, &none, nullptr), 0);  // poll(2) fails from now on
  send("run", {{"command", {{"phase", "exec.start"}, {"line", "(true &) ; sleep 98793"}, {"in_jail", true}}}});
  note("gone");
}

TEST_F(Pid1, ItsProcessorTimeIsBoundedWithTheJails) {
  const std::string name = "/jaild-monitor-test-" + std::to_string(::getpid());
  const std::string cpu = "/sys/fs/cgroup/cpu" + name;
  const std::string pids = "/sys/fs/cgroup/pids" + name;
  if (!std::filesystem::exists("/sys/fs/cgroup/cpu/cpu.shares")) GTEST_SKIP() << "needs controllers of version 1";
  for (const std::string& group : {cpu, pids}) ASSERT_TRUE(std::filesystem::create_directory(group));
  const int jid = create({{"cgroups", {cpu + "/cgroup.procs", pids + "/cgroup.procs"}}})["jid"].get<int>();
  EXPECT_EQ(content(cpu + "/cgroup.procs"), std::to_string(jid) + "\n");
  EXPECT_EQ(content(pids + "/cgroup.procs"), "") << "it does not count";
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 5000}})["left"], 0) << "and is not told to end";
  EXPECT_EQ(ask("hello")["gone"], false);
  ask("remove");
  for (const std::string& group : {cpu, pids}) EXPECT_EQ(::rmdir(group.c_str()), 0) << group;
}

TEST_F(Pid1, ShowsNothingOfTheHost) {
  ASSERT_EQ(create()["ok"], true);
  inside("cat /proc/1/cmdline /proc/1/comm /proc/1/environ >/tmp/shown; true;");
  std::string shown = content(root() + "/tmp/shown");
  std::erase(shown, '\0');  // the tail of the title, where the monitor may not make it shorter (CAP_SYS_RESOURCE)
  EXPECT_EQ(shown, "jaild-pid1jaild-pid1\n");
}

TEST_F(Confinement, NoCgroupFileSystemIsInSightAndNobodyMovesOut) {
  const std::string hierarchy = "/sys/fs/cgroup/pids";
  if (!std::filesystem::exists(hierarchy + "/cgroup.procs"))
    GTEST_SKIP() << "needs the pids controller at " << hierarchy;
  const std::string group = hierarchy + "/jaild-monitor-test-" + std::to_string(::getpid());
  ASSERT_TRUE(std::filesystem::create_directory(group));
  ASSERT_EQ(create({{"cgroups", {group + "/cgroup.procs"}}})["ok"], true);
  EXPECT_TRUE(content(group + "/cgroup.procs").empty()) << "pid 1 does not count";
  const auto run = send("run", {{"command", {{"phase", "exec.start"}, {"line", "sleep 98791"}, {"in_jail", true}}}});
  ask("hello");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 98791").size() == 1; }));
  EXPECT_EQ(content(group + "/cgroup.procs"), std::to_string(processes_with("sleep 98791")[0]) + "\n");
  EXPECT_EQ(output_of("grep ' cgroup' /proc/mounts; ls /sys 2>/dev/null"), "");
  EXPECT_EQ(ask("terminate", {{"timeout_ms", 5000}})["left"], 0);
  answer_to(run);
  EXPECT_EQ(ask("limits", {{"cgroups", {group + "/no-such"}}})["ok"], true);
  EXPECT_EQ(inside("true")["kind"], "host_refused") << "no process runs without its limits";
  ask("remove");
  EXPECT_EQ(::rmdir(group.c_str()), 0);
}

}  // namespace
}  // namespace jaild::monitor
