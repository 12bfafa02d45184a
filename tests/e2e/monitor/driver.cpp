#include "tests/e2e/monitor/driver.h"

#include "daemon/host/pass_fds.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace jaild::monitor {
namespace {

constexpr const char* busybox = "/bin/busybox";
constexpr std::array applets{
    "sh",       "sleep", "cat",   "echo",     "id",      "ls",    "env",    "pwd",  "ps",   "grep",   "su",
    "hostname", "chown", "chmod", "mknod",    "unshare", "mount", "umount", "kill", "true", "false",  "setsid",
    "readlink", "stat",  "touch", "ifconfig", "rm",      "stty",  "tty",    "seq",  "cp",   "chroot", "yes"};

int run_and_wait(const std::vector<std::string>& arguments, const std::vector<int>& closed = {}) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (const int fd : closed) ::close(fd);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(126);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

void MonitorTest::SetUp() {
  if (::getuid() != 0) GTEST_SKIP() << "jails need root";
  if (::access(busybox, X_OK) != 0) GTEST_SKIP() << "needs " << busybox << ", linked statically";
  std::string pattern = testing::TempDir() + "jaild-monitor-XXXXXX";
  base_ = ::mkdtemp(pattern.data());
  run_ = static_cast<std::uint64_t>(::getpid());
  for (const char* directory : {"run", "log", "state"}) std::filesystem::create_directory(place(directory));
  make_root();
  ASSERT_EQ(start_monitor(), 0);
  connect();
}

void MonitorTest::make_root() const {
  for (const char* directory : {"bin", "dev", "proc", "tmp", "etc", "root", "data"}) {
    std::filesystem::create_directories(root() + "/" + directory);
  }
  ::chmod((root() + "/tmp").c_str(), 01777);
  std::filesystem::copy_file(busybox, root() + "/bin/busybox");
  for (const char* applet : applets) std::filesystem::create_symlink("busybox", root() + "/bin/" + applet);
  write(root() + "/etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:1234:1235::/tmp:/bin/sh\n");
  write(root() + "/etc/group", "root:x:0:\nweb:x:1235:\nextra:x:99:web\n");
}

void MonitorTest::TearDown() {
  if (base_.empty()) return;
  if (!socket_ && std::filesystem::exists(place("run/monitors/" + std::to_string(run_) + ".sock"))) connect();
  if (socket_) {
    ask("remove");
    EXPECT_EQ(ask("finish")["ok"], true);
  }
  const auto gone = [this] { return processes_with(base_).empty(); };
  EXPECT_TRUE(eventually(gone)) << "processes are left";
  EXPECT_FALSE(std::filesystem::exists(place("run/jails/" + name_ + ".json")));
  EXPECT_EQ(content("/proc/self/mounts").find(base_), std::string::npos) << "mounts are left";
  std::filesystem::remove_all(base_);
}

int MonitorTest::start_monitor(const std::vector<int>& closed) {
  return run_and_wait({JAILD_MONITOR_PATH, "--name", name_, "--run", std::to_string(run_), "--run-dir", place("run"),
                       "--log-dir", place("log"), "--state-dir", place("state")},
                      closed);
}

void MonitorTest::connect() {
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(place("run/monitors/" + std::to_string(run_) + ".sock"), static_cast<char*>(address.sun_path));
  input_.clear();
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    socket_.reset();
    ADD_FAILURE() << "nobody listens";
    return;
  }
  EXPECT_EQ(ask("hello")["version"], 1);
}

void MonitorTest::kill_monitor() {
  const int pid = ask("hello")["pid"].get<int>();
  ::kill(pid, SIGKILL);
  disconnect();
  // A zombie that its new parent has not reaped yet counts as gone: it has closed everything.
  const auto gone = [pid] { return content("/proc/" + std::to_string(pid) + "/cmdline").empty(); };
  EXPECT_TRUE(eventually(gone));
  std::filesystem::remove(place("run/monitors/" + std::to_string(run_) + ".sock"));
}

std::int64_t MonitorTest::send(const std::string& request, json fields) {
  return send_with(request, std::move(fields), {});
}

std::int64_t MonitorTest::send_with(const std::string& request, json fields, const std::vector<UniqueFd>& fds) {
  fields["id"] = ++last_id_;
  fields["request"] = request;
  const std::string line = fields.dump() + "\n";
  std::vector<int> raw;
  for (const UniqueFd& fd : fds) raw.push_back(fd.get());
  EXPECT_EQ(send_with_fds(socket_.get(), line.data(), line.size(), raw, 0), static_cast<ssize_t>(line.size()));
  return last_id_;
}

bool MonitorTest::try_send_hello() {
  const std::string line = json{{"id", ++last_id_}, {"request", "hello"}}.dump() + "\n";
  const ssize_t sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(line.size());
}

bool MonitorTest::read_message(std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const std::size_t end = input_.find('\n');
    if (end != std::string::npos) {
      json message = json::parse(input_.substr(0, end));
      input_.erase(0, end + 1);
      if (message.contains("note")) {
        notes_.push_back(std::move(message));
      } else {
        answers_[message["id"].get<std::int64_t>()] = message;
      }
      return true;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{socket_.get(), POLLIN, 0};
    if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

json MonitorTest::answer_to(std::int64_t id) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!answers_.contains(id)) {
    if (!read_message(deadline)) {
      ADD_FAILURE() << "no answer to " << id;
      return nullptr;
    }
  }
  return answers_.extract(id).mapped();
}

json MonitorTest::note(const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (true) {
    const auto found = std::ranges::find_if(notes_, [&](const json& each) { return each["note"] == name; });
    if (found != notes_.end()) {
      json result = *found;
      notes_.erase(found);
      return result;
    }
    if (!read_message(deadline)) {
      ADD_FAILURE() << "no note " << name;
      return nullptr;
    }
  }
}

json MonitorTest::host(const std::string& line, json more) {
  json command{{"phase", "exec.prestart"}, {"line", line}, {"path", root()}};
  command.update(more);
  return ask("run", {{"command", command}});
}

json MonitorTest::inside(const std::string& line, json more) {
  more["in_jail"] = true;
  if (!more.contains("phase")) more["phase"] = "exec.start";
  return host(line, std::move(more));
}

std::string MonitorTest::output_of(const std::string& line, json more) {
  const std::string console = place("output");
  std::filesystem::remove(console);
  more["console"] = console;
  const json answer = inside(line, std::move(more));
  EXPECT_EQ(answer["ok"], true) << answer;
  return content(console);
}

json MonitorTest::create(json more) {
  json jail{{"path", root()}, {"hostname", "inner.example.org"}, {"net", "new"}, {"procfs", true}, {"devfs", true}};
  jail.update(more);
  return ask("create", {{"jail", jail}});
}

std::string MonitorTest::log() const {
  return content(place("log/jails/" + name_ + ".log"));
}

std::string MonitorTest::content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();  // a process that ends meanwhile has nothing to say
  return text.str();
}

void MonitorTest::write(const std::string& path, const std::string& text, int mode) const {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), static_cast<mode_t>(mode));
}

std::vector<int> MonitorTest::processes_with(const std::string& text) {
  std::vector<int> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == ::getpid()) continue;
    std::string line = content(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    if (line.find(text) != std::string::npos) pids.push_back(std::stoi(name));
  }
  return pids;
}

void MonitorTest::pause() {
  std::this_thread::sleep_for(10ms);
}

}  // namespace jaild::monitor
