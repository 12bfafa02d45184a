// What only a host with real processes can show: monitors and jails that die, daemons that come and go, limits and
// networks that hold.
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/host/linux/netlink.h"
#include "daemon/host/unique_fd.h"
#include "tests/contract/host/host_fixture.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

using LinuxContract = HostContract;

std::string read_all(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The monitors that work in `directory`, by their command lines; a jail's pid 1 is made from one and has the same.
std::vector<int> monitors_in(const std::string& directory, int jid) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string line = read_all(entry.path() / "cmdline");
    if (line.find("jaild-monitor") != std::string::npos && line.find(directory) != std::string::npos) {
      if (std::stoi(name) != jid) found.push_back(std::stoi(name));
    }
  }
  return found;
}

std::vector<int> pids_of(Host& host, const JailKey& key) {
  std::vector<int> pids;
  auto processes = host.processes(key);
  EXPECT_TRUE(processes);
  for (const ProcessInfo& one : *processes) pids.push_back(one.pid);
  return pids;
}

// A bridge of the test's own.
class Bridge {
 public:
  explicit Bridge(std::string name)
      : name_(std::move(name)), control_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::ioctl(control_.get(), SIOCBRADDBR, name_.c_str()), 0) << std::strerror(errno);
  }
  ~Bridge() {
    set_flags(0);
    ::ioctl(control_.get(), SIOCBRDELBR, name_.c_str());
  }
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void set_flags(short flags) {
    ifreq request{};
    std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = flags;
    ::ioctl(control_.get(), SIOCSIFFLAGS, &request);
  }

  std::string name_;
  UniqueFd control_;
};

TEST_P(LinuxContract, ResolveNamesEverythingThatIsMissing) {
  JailSpec wanted = spec();
  wanted.params["path"] = directory_ + "/nowhere";
  wanted.params["ip4.addr"] = std::vector<std::string>{"jdnobridge|10.213.7.2/24"};
  wanted.params["mount.fstab"] = std::vector<std::string>{directory_ + "/no.fstab"};
  auto resolved = perform(Resolve{name("missing"), wanted});
  ASSERT_TRUE(resolved) << resolved.error().message;
  const std::vector<std::string> expected = {"path " + directory_ + "/nowhere does not exist",
                                             "mount.fstab " + directory_ + "/no.fstab does not exist",
                                             "bridge jdnobridge does not exist"};
  EXPECT_EQ(std::get<Resolved>(*resolved).missing, expected);
}

TEST_P(LinuxContract, DeathOfTheMonitorIsToldAndTheJailLives) {
  const TestJail jail = up("lost");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  const auto before = pids_of(*host_, jail.key);
  const auto monitors = monitors_in(directory_, jail.key.jid);
  ASSERT_EQ(monitors.size(), 1U);
  ::kill(monitors.front(), SIGKILL);
  EXPECT_TRUE(heard_->event<MonitorLost>(jail.key.name));
  EXPECT_EQ(facts(jail.key.name).value_or(JailFacts{}).jid, jail.key.jid);
  EXPECT_EQ(pids_of(*host_, jail.key), before);
  down(jail);
  EXPECT_TRUE(pids_of(*host_, jail.key).empty());
}

TEST_P(LinuxContract, DeathOfTheJailIsToldOnce) {
  const TestJail jail = up("gone");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  ::kill(jail.key.jid, SIGKILL);
  const auto gone = heard_->event<JailGone>(jail.key.name);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->jid, jail.key.jid);
  EXPECT_TRUE(heard_->has<MainExited>(jail.key.name)) << "the exit of its command is told before";
  down(jail);
}

TEST_P(LinuxContract, DeathOfTheJailIsToldWithoutItsMonitor) {
  const TestJail jail = up("bothgone");
  for (const int monitor : monitors_in(directory_, jail.key.jid)) ::kill(monitor, SIGKILL);
  ASSERT_TRUE(heard_->event<MonitorLost>(jail.key.name));
  ::kill(jail.key.jid, SIGKILL);
  EXPECT_TRUE(heard_->event<JailGone>(jail.key.name));
  down(jail);
}

// P4: the next daemon finds the same jails and the same processes.
TEST_P(LinuxContract, NextDaemonAdoptsWhatRuns) {
  const TestJail jail = up("adopted");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  ASSERT_TRUE(perform(SetRules{jail.key, rules({"memoryuse:deny=256m"})}));
  const auto before = pids_of(*host_, jail.key);
  ASSERT_EQ(before.size(), 1U);
  stop_host();
  start_host();
  auto survey = host_->survey();
  ASSERT_TRUE(survey);
  ASSERT_EQ(survey->monitors.size(), 1U);
  EXPECT_EQ(survey->monitors.front().key, jail.key);
  EXPECT_TRUE(survey->monitors.front().main_started);
  EXPECT_FALSE(survey->monitors.front().main_exit);
  EXPECT_EQ(facts(jail.key.name).value_or(JailFacts{}).rules.size(), 1U);
  EXPECT_EQ(pids_of(*host_, jail.key), before);
  EXPECT_TRUE(run(jail, "true").ok());
  ::kill(before.front(), SIGTERM);
  const auto exited = heard_->event<MainExited>(jail.key.name);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->exit.signal, SIGTERM);
  down(jail);
}

TEST_P(LinuxContract, ExitWhileNoDaemonRanIsFound) {
  const TestJail jail = up("away");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  const auto main = pids_of(*host_, jail.key);
  ASSERT_EQ(main.size(), 1U);
  stop_host();
  ::kill(main.front(), SIGTERM);
  // The exit record is what a next daemon may rely on; it appears when the monitor has seen the end.
  const std::string record = directory_ + "/state/exits/" + std::to_string(jail.key.run) + ".json";
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!fs::exists(record) && std::chrono::steady_clock::now() < deadline) ::usleep(1000);
  start_host();
  auto survey = host_->survey();
  ASSERT_TRUE(survey);
  ASSERT_EQ(survey->monitors.size(), 1U);
  ASSERT_TRUE(survey->monitors.front().main_exit);
  EXPECT_EQ(survey->monitors.front().main_exit->signal, SIGTERM);
  EXPECT_TRUE(facts(jail.key.name).value_or(JailFacts{}).empty);
  down(jail);
}

TEST_P(LinuxContract, RuleThatLinuxCannotEnforceIsRefusedAndNamed) {
  const TestJail jail = up("refused");
  auto set = perform(SetRules{jail.key, rules({"memoryuse:deny=256m", "nmsgq:deny=4"})});
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("nmsgq:deny=4"), std::string::npos);
  EXPECT_TRUE(facts(jail.key.name).value_or(JailFacts{}).rules.empty());
  down(jail);
}

// P3: the first process of the jail is under the rules that were set before it.
TEST_P(LinuxContract, LimitsHoldForTheFirstProcess) {
  const TestJail jail = up("limits");
  ASSERT_TRUE(perform(SetRules{jail.key, rules({"maxproc:deny=2", "openfiles:deny=77/process"})}));
  EXPECT_EQ(run(jail, "test \"$(ulimit -Hn)\" = 77").code, 0);
  EXPECT_NE(run(jail, "(sleep 1 & sleep 1 & sleep 1 & wait) 2>/dev/null && (true | true | true)").code, 0);
  ASSERT_TRUE(perform(SetRules{jail.key, {}}));
  EXPECT_EQ(run(jail, "(true | true | true | true)").code, 0);
  down(jail);
}

// A live change reaches what runs already.
TEST_P(LinuxContract, LimitsReachRunningProcesses) {
  const TestJail jail = up("live");
  ASSERT_TRUE(perform(StartMain{jail.key, command("sleep 600", true)}));
  const auto pids = pids_of(*host_, jail.key);
  ASSERT_EQ(pids.size(), 1U);
  ASSERT_TRUE(perform(SetRules{jail.key, rules({"openfiles:deny=55/process"})}));
  const std::string limits = read_all("/proc/" + std::to_string(pids.front()) + "/limits");
  const auto line = limits.find("Max open files");
  ASSERT_NE(line, std::string::npos);
  EXPECT_NE(limits.substr(line, 60).find(" 55 "), std::string::npos) << limits.substr(line, 60);
  down(jail);
}

TEST_P(LinuxContract, AddressOnABridgeIsThereBeforeTheFirstCommand) {
  const Bridge bridge("jdt" + std::to_string(::getpid()));
  JailSpec wanted = spec();
  wanted.params["ip4.addr"] = std::vector<std::string>{bridge.name() + "|10.213.7.2/24"};
  wanted.params["ip6.addr"] = std::vector<std::string>{bridge.name() + "|fd21:7::2/64"};
  const TestJail jail = up("net", wanted);
  ASSERT_EQ(jail.after.size(), 1U) << "one interface for both addresses";
  EXPECT_EQ(run(jail, "ip -4 addr show dev eth0 | grep -q 10.213.7.2/24").code, 0);
  EXPECT_EQ(run(jail, "ip -6 addr show dev eth0 | grep fd21:7::2/64 | grep -qv tentative").code, 0);
  EXPECT_TRUE(perform(Acquire{jail.key, jail.after.front()})) << "again is success";
  auto host = Netlink::open();
  ASSERT_TRUE(host);
  auto link = host->find(jail.after.front().id);
  ASSERT_TRUE(link && *link);
  EXPECT_EQ((*link)->kind, "veth");
  down(jail);
  link = host->find(jail.after.front().id);
  EXPECT_TRUE(link && !*link);
  auto kept = host->find(bridge.name());
  EXPECT_TRUE(kept && *kept) << "the bridge was there before";
}

// P6: an interface without our mark is somebody else's, whatever its name.
TEST_P(LinuxContract, InterfaceOfAnotherIsNeverRemoved) {
  const Bridge other("jdo" + std::to_string(::getpid()));
  const TestJail jail = up("hands");
  const LedgerEntry entry{
      core::ResourceKind::interface, other.name(), {{"how", "veth"}, {"mac", "fe:6a:00:00:00:01"}}, false};
  EXPECT_TRUE(perform(Release{jail.key, entry, true}));
  auto host = Netlink::open();
  ASSERT_TRUE(host);
  auto link = host->find(other.name());
  EXPECT_TRUE(link && *link);
  down(jail);
}

TEST_P(LinuxContract, MovedInterfaceComesBackEvenWhenTheJailDied) {
  const Bridge bridge("jdm" + std::to_string(::getpid()));  // any interface will do that is not hardware
  auto host = Netlink::open();
  ASSERT_TRUE(host);
  const std::string moved = "jdv" + std::to_string(::getpid());
  const UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(
      host->make_veth({moved, {0x02, 0x6b, 0, 0, 0, 1}}, {moved + "p", {0x02, 0x6b, 0, 0, 0, 2}}, own.get(), 1500));
  JailSpec wanted = spec();
  wanted.params["vnet"] = std::string("new");
  wanted.params["vnet.interface"] = std::vector<std::string>{moved};
  const TestJail jail = up("move", wanted);
  auto link = host->find(moved);
  EXPECT_TRUE(link && !*link) << "it is in the jail";
  EXPECT_EQ(run(jail, "ip link show dev " + moved + " | grep -q UP").code, 0);
  ::kill(jail.key.jid, SIGKILL);
  EXPECT_TRUE(heard_->event<JailGone>(jail.key.name));
  down(jail);
  link = host->find(moved);
  ASSERT_TRUE(link && *link);
  EXPECT_TRUE(host->remove((*link)->index));
}

TEST_P(LinuxContract, HostnameChangesWhileItRuns) {
  const TestJail jail = up("names");
  EXPECT_EQ(run(jail, "test \"$(hostname)\" = contract.example.org").code, 0);
  ASSERT_TRUE(perform(SetParams{jail.key, {{"host.hostname", std::string("other.example.org")}}}));
  EXPECT_EQ(run(jail, "test \"$(hostname)\" = other.example.org").code, 0);
  EXPECT_FALSE(perform(SetParams{jail.key, {{"securelevel", std::int64_t{1}}}}));
  down(jail);
}

// What root of one jail left behind must not be followed for another.
TEST_P(LinuxContract, ALinkInAnyJailsTreeIsNotFollowedToASource) {
  const auto made = [this](const char* name) {
    fs::create_directories(directory_ + "/" + name);
    fs::create_directory_symlink("/etc", directory_ + "/" + name + "/link");
    return directory_ + "/" + name;
  };
  const auto refusals = [this](const std::string& source) {
    JailSpec wanted = spec();
    wanted.params["mount"] = std::vector<std::string>{source + "/link " + directory_ + "/root/mnt nullfs rw 0 0"};
    auto resolved = perform(Resolve{name("second"), wanted});
    return resolved ? std::get<Resolved>(*resolved).missing : std::vector<std::string>{resolved.error().message};
  };
  const std::string admins = made("admins");
  EXPECT_TRUE(refusals(admins).empty()) << "nobody in a jail could have made that one";

  const std::string declared = made("declared");
  host_->declared(declared);
  const std::string shared = made("shared");
  JailSpec first = spec();
  first.params["mount"] = std::vector<std::string>{shared + " " + directory_ + "/root/mnt nullfs rw 0 0",
                                                   admins + " " + directory_ + "/root/tmp nullfs ro 0 0"};
  ASSERT_TRUE(perform(Resolve{name("first"), first}));
  for (const std::string& tree : {declared, shared}) {
    const auto missing = refusals(tree);
    ASSERT_EQ(missing.size(), 1U) << tree;
    EXPECT_NE(missing.front().find("symbolic link " + fs::canonical(tree).string() + "/link"), std::string::npos)
        << missing.front();
  }
  EXPECT_TRUE(refusals(admins).empty()) << "the first jail could only read there";
  stop_host();
  start_host();
  EXPECT_EQ(refusals(shared).size(), 1U) << "a link stays when jaild ends";
}

TEST_P(LinuxContract, MountsOfAnFstabAreInTheJailOnly) {
  fs::create_directories(directory_ + "/shared");
  std::ofstream(directory_ + "/shared/here") << "yes";
  std::ofstream(directory_ + "/fstab") << "# a comment\n"
                                       << directory_ << "/shared " << directory_ << "/root/mnt nullfs ro 0 0\n";
  JailSpec wanted = spec();
  wanted.params["mount.fstab"] = std::vector<std::string>{directory_ + "/fstab"};
  const TestJail jail = up("mounts", wanted);
  EXPECT_EQ(run(jail, "cat /mnt/here").code, 0);
  EXPECT_FALSE(fs::exists(directory_ + "/root/mnt/here"));
  EXPECT_NE(run(jail, "(echo no > /mnt/here) 2>/dev/null").code, 0);
  down(jail);
}

INSTANTIATE_TEST_SUITE_P(Hosts, LinuxContract, testing::Values("linux"), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace jaild::host
