#include "daemon/host/linux/proc.h"

#include <pwd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "daemon/host/linux/kernel_file.h"

namespace jaild::host {
namespace {

std::string proc_path(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

double ticks_per_second() {
  return static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t number_at(const std::vector<std::string>& words, std::size_t index) {
  unsigned long long number = 0;
  return index < words.size() && to_number(words[index], number) ? number : 0;
}

// The host's name of a user, or its number: a jail's own passwd says what it likes.
std::string user_name(uid_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return entry.pw_name;
  return std::to_string(uid);
}

// From status and not from who owns /proc/PID, which is root for a process that may not be traced.
uid_t effective_user(int pid) {
  auto text = read_text(proc_path(pid, "status"));
  const auto line = text ? text->find("\nUid:\t") : std::string::npos;
  if (line == std::string::npos) return 0;
  const auto words = split(std::string_view(*text).substr(line + 6, 64), '\t');
  return static_cast<uid_t>(number_at(words, 1));
}

std::string command_line(int pid, const std::string& name) {
  constexpr std::size_t shown_max = 4096;
  auto text = read_text(proc_path(pid, "cmdline"));
  if (!text || text->empty()) return "[" + name + "]";
  std::string line = text->substr(0, shown_max);
  while (!line.empty() && line.back() == '\0') line.pop_back();
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

}  // namespace

std::optional<ProcessStat> read_stat(int pid) {
  auto text = read_value(proc_path(pid, "stat"));
  if (!text) return std::nullopt;
  // PID (NAME) STATE PPID...: the name may hold anything, the last parenthesis ends it.
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  const auto words = split(std::string_view(*text).substr(close + 1), ' ');
  if (words.size() < 22) return std::nullopt;  // words[0] is field 3 of proc(5)
  ProcessStat stat;
  stat.pid = pid;
  stat.name = text->substr(open + 1, close - open - 1);
  stat.state = words[0][0];
  stat.ppid = static_cast<int>(number_at(words, 1));
  stat.cpu_seconds = static_cast<double>(number_at(words, 11) + number_at(words, 12)) / ticks_per_second();
  stat.start_time = number_at(words, 19);
  stat.virtual_bytes = number_at(words, 20);
  stat.resident_bytes = number_at(words, 21) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return stat;
}

bool is_alive(int pid, std::uint64_t start_time) {
  if (pid <= 0) return false;
  const auto stat = read_stat(pid);
  return stat && stat->start_time == start_time && stat->state != 'Z' && stat->state != 'X';
}

std::uint64_t open_files(int pid) {
  const std::string path = proc_path(pid, "fd");
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return 0;
  if (status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);  // Linux 6.2 and newer count for us
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    ++count;
  }
  return count;
}

double age_seconds(std::uint64_t start_time) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const double seconds = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  return std::max(0.0, seconds - static_cast<double>(start_time) / ticks_per_second());
}

std::optional<ProcessInfo> process_info(int pid) {
  const auto stat = read_stat(pid);
  if (!stat) return std::nullopt;
  ProcessInfo info;
  info.pid = pid;
  info.ppid = stat->ppid;
  info.user = user_name(effective_user(pid));
  info.command = command_line(pid, stat->name);
  info.state = std::string(1, stat->state);
  info.memory_bytes = stat->resident_bytes;
  info.cpu_seconds = stat->cpu_seconds;
  info.started_at = std::chrono::time_point_cast<WallTime::duration>(
      std::chrono::system_clock::now() -
      std::chrono::duration_cast<WallTime::duration>(std::chrono::duration<double>(age_seconds(stat->start_time))));
  return info;
}

}  // namespace jaild::host
