// The least that starts and stops N trivial jails on Linux: the kernel calls of jaild, the same monitor, the same
// durable writes (the wish, the intent and the fact for a start, the wish and the end for a stop), and nothing else: no
// ledger, no HTTP. What jaild takes beyond it is the price of being jaild (doc/performance.md).
//
//   bare-jails MONITOR ROOT N LANES    prints {"start":SECONDS,"stop":SECONDS}
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace {

namespace fs = std::filesystem;

// A bench that cannot go on says so and ends: nothing it measures would mean anything.
[[noreturn]] void give_up(const std::string& what) {
  std::perror(("bare-jails: " + what).c_str());
  std::_Exit(1);
}

constexpr std::size_t page = 4096;  // what SQLite's log takes at least for a transaction, twice

struct Machine {
  std::string monitor;
  std::string root;
  fs::path dir;
  std::vector<std::string> hierarchies;  // mount points of those that limits and accounting need
  int log = -1;
};

struct Jail {
  int number = 0;
  int socket = -1;
  std::string input;
};

// As daemon/host/linux/cgroup.cpp picks them.
std::vector<std::string> find_hierarchies() {
  constexpr std::array controllers{"cpu", "cpuacct", "cpuset", "memory", "pids", "blkio"};
  std::vector<std::string> unified;
  std::vector<std::string> found;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string point;
    std::string type;
    std::string options;
    words >> device >> point >> type >> options;
    if (type == "cgroup2") unified.push_back(point);
    if (type != "cgroup") continue;
    std::istringstream each(options);
    for (std::string option; std::getline(each, option, ',');) {
      if (std::find(controllers.begin(), controllers.end(), option) == controllers.end()) continue;
      found.push_back(point);
      break;
    }
  }
  return found.empty() ? unified : found;
}

void commit(const Machine& machine) {
  static const std::array<char, 2 * page> pages{};
  if (::write(machine.log, pages.data(), pages.size()) < 0) give_up("write");
  if (::fdatasync(machine.log) != 0) give_up("fdatasync");
}

std::string group_of(const std::string& hierarchy, const Jail& jail) {
  return hierarchy + "/jaild-bare/" + std::to_string(jail.number);
}

void copy_value(const std::string& from, const std::string& to) {
  std::string value;
  std::getline(std::ifstream(from), value);
  if (!value.empty()) std::ofstream(to) << value;
}

void make_groups(const Machine& machine, const Jail& jail) {
  for (const auto& hierarchy : machine.hierarchies) {
    const auto group = group_of(hierarchy, jail);
    if (::mkdir(group.c_str(), 0755) != 0) give_up("mkdir " + group);
    if (!fs::exists(group + "/cpuset.cpus") || !fs::exists(group + "/tasks")) continue;
    for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) copy_value(hierarchy + file, group + file);
  }
}

void remove_groups(const Machine& machine, const Jail& jail) {
  for (const auto& hierarchy : machine.hierarchies) {
    const auto group = group_of(hierarchy, jail);
    while (::rmdir(group.c_str()) != 0) {
      if (errno != EBUSY) give_up("rmdir " + group);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
}

void start_monitor(const Machine& machine, const Jail& jail) {
  std::vector<std::string> words{machine.monitor,
                                 "--name",
                                 "bare" + std::to_string(jail.number),
                                 "--run",
                                 std::to_string(jail.number),
                                 "--run-dir",
                                 machine.dir / "run",
                                 "--log-dir",
                                 machine.dir / "log",
                                 "--state-dir",
                                 machine.dir / "state"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) give_up("spawn the monitor");
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) give_up("the monitor");
}

void connect(const Machine& machine, Jail& jail) {
  jail.socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = machine.dir / "run/monitors" / (std::to_string(jail.number) + ".sock");
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(jail.socket, generic, sizeof address) != 0) give_up("connect to the monitor");
}

std::string line_from(Jail& jail) {
  for (;;) {
    if (const auto end = jail.input.find('\n'); end != std::string::npos) {
      auto line = jail.input.substr(0, end);
      jail.input.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> bytes{};
    const auto size = ::recv(jail.socket, bytes.data(), bytes.size(), 0);
    if (size <= 0) give_up("the monitor has gone");
    jail.input.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

void ask(Jail& jail, const std::string& request) {
  const auto line = "{\"id\":1,\"request\":" + request + "}\n";
  if (::send(jail.socket, line.data(), line.size(), MSG_NOSIGNAL) < 0) give_up("send");
  std::string answer;
  do answer = line_from(jail);
  while (answer.find("\"note\"") != std::string::npos);
  if (answer.find("\"ok\":true") == std::string::npos) give_up(answer);
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

void start(const Machine& machine, Jail& jail) {
  commit(machine);
  commit(machine);
  start_monitor(machine, jail);
  connect(machine, jail);
  ask(jail, "\"hello\"");
  make_groups(machine, jail);
  std::string groups;
  for (const auto& each : machine.hierarchies) {
    groups += (groups.empty() ? "" : ",") + quoted(group_of(each, jail) + "/cgroup.procs");
  }
  ask(jail, R"("create","jail":{"net":"none","path":)" + quoted(machine.root) + ",\"cgroups\":[" + groups + "]}");
  ask(jail, R"("main","command":{"phase":"command","in_jail":true,"line":"sleep 1000000","path":)" +
                quoted(machine.root) + "}");
  commit(machine);
}

void stop(const Machine& machine, Jail& jail) {
  commit(machine);
  ask(jail, R"("terminate","timeout_ms":10000)");
  ask(jail, "\"remove\"");
  remove_groups(machine, jail);
  ask(jail, "\"finish\"");
  ::close(jail.socket);
  commit(machine);
}

double in_lanes(std::vector<Jail>& jails, int lanes, const std::function<void(Jail&)>& work) {
  const auto began = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < lanes; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < jails.size(); at = next++) work(jails[at]);
    });
  }
  for (auto& thread : threads) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: bare-jails MONITOR ROOT N LANES\n", stderr);
    return 2;
  }
  std::string pattern = "/tmp/jaild-bare-XXXXXX";
  Machine machine{argv[1], argv[2], ::mkdtemp(pattern.data()), find_hierarchies(), -1};
  for (const char* each : {"run", "log", "state"}) fs::create_directory(machine.dir / each);
  machine.log = ::open((machine.dir / "journal").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  for (const auto& hierarchy : machine.hierarchies) {
    fs::create_directory(hierarchy + "/jaild-bare");
    for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
      if (fs::exists(hierarchy + file)) copy_value(hierarchy + file, hierarchy + "/jaild-bare" + file);
    }
  }
  std::vector<Jail> jails(static_cast<std::size_t>(std::atoi(argv[3])));
  for (std::size_t i = 0; i < jails.size(); ++i) jails[i].number = static_cast<int>(i) + 1;
  const int lanes = std::atoi(argv[4]);
  const double up = in_lanes(jails, lanes, [&](Jail& jail) { start(machine, jail); });
  const double down = in_lanes(jails, lanes, [&](Jail& jail) { stop(machine, jail); });
  for (const auto& hierarchy : machine.hierarchies) fs::remove(hierarchy + "/jaild-bare");
  fs::remove_all(machine.dir);
  std::printf("{\"start\":%.6f,\"stop\":%.6f}\n", up, down);
  return 0;
}
