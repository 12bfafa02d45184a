#include "daemon/monitor/linux/proc_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include "daemon/host/unique_fd.h"
#include "daemon/monitor/linux/directory.h"
#include "daemon/monitor/linux/pidfd.h"

namespace jaild::monitor {
namespace {

template <class Number>
bool parse_stat_number(std::string_view text, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

}  // namespace

std::optional<Process> parse_proc_stat(std::string_view text) {
  Process process;
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  if (!parse_stat_number(text.substr(0, open), process.pid)) return std::nullopt;
  text.remove_prefix(close + 2);
  // proc_pid_stat(5): 3 state, 4 ppid, 6 session, 22 starttime.
  constexpr int first = 3;
  constexpr int last = 22;
  for (int field = first; field <= last; ++field) {
    const std::size_t end = text.find(' ');
    if (end == std::string_view::npos) return std::nullopt;
    const auto word = text.substr(0, end);
    text.remove_prefix(end + 1);
    bool ok = true;
    if (field == 3) process.zombie = word == "Z" || word == "X";
    if (field == 4) ok = parse_stat_number(word, process.parent);
    if (field == 6) ok = parse_stat_number(word, process.session);
    if (field == last) ok = parse_stat_number(word, process.start_time);
    if (!ok) return std::nullopt;
  }
  return process;
}

std::optional<Process> read_proc_stat(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (got <= 0) return std::nullopt;
  return parse_proc_stat({text.data(), static_cast<std::size_t>(got)});
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  std::ifstream list("/proc/self/task/" + std::to_string(::getpid()) + "/children");  // we have one thread
  pid_t pid = 0;
  while (list >> pid) children.push_back(pid);
  return children;
}

std::vector<Process> all_processes() {
  std::vector<Process> processes;
  const Directory proc(::opendir("/proc"));
  if (!proc) return processes;
  while (const dirent* entry = ::readdir(proc.get())) {
    pid_t pid = 0;
    if (!parse_stat_number(std::string_view(static_cast<const char*>(entry->d_name)), pid)) continue;
    if (const auto process = read_proc_stat(pid)) processes.push_back(*process);
  }
  return processes;
}

bool kill_tree(pid_t /*root*/) {
  return false;
}

void signal_process(pid_t pid, std::uint64_t start_time, int signal) {
  const UniqueFd process = open_pidfd(pid);
  // After the descriptor was opened: whoever has this number and this time now is what it leads to.
  const auto present = process ? read_proc_stat(pid) : std::nullopt;
  if (present && present->start_time == start_time) signal_pidfd(process, signal);
}

}  // namespace jaild::monitor
