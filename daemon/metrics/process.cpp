#include "daemon/metrics/process.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#ifdef __FreeBSD__
#include <sys/param.h>
#include <sys/sysctl.h>
#include <sys/user.h>

#include <array>
#endif

namespace jaild::metrics {
namespace {

void add(FamilyWriter& writer, const char* name, const char* help, double value, MetricType type = MetricType::Gauge) {
  writer.family(name, help, type);
  writer.sample({}, {}, value);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

#ifdef __FreeBSD__

void add_system(FamilyWriter& writer) {
  std::array<int, 4> name{CTL_KERN, KERN_PROC, KERN_PROC_PID, ::getpid()};
  kinfo_proc info{};
  std::size_t size = sizeof(info);
  if (::sysctl(name.data(), name.size(), &info, &size, nullptr, 0) != 0) return;
  add(writer, "process_resident_memory_bytes", "Resident memory",
      static_cast<double>(info.ki_rssize) * static_cast<double>(::getpagesize()));
  add(writer, "process_virtual_memory_bytes", "Address space", static_cast<double>(info.ki_size));
  add(writer, "process_start_time_seconds", "Start, seconds since the epoch", seconds_of(info.ki_start));
  add(writer, "process_threads", "Threads", info.ki_numthreads);
  std::array<int, 4> files{CTL_KERN, KERN_PROC, KERN_PROC_NFDS, ::getpid()};
  int count = 0;
  size = sizeof(count);
  if (::sysctl(files.data(), files.size(), &count, &size, nullptr, 0) == 0) {
    add(writer, "process_open_fds", "Open descriptors", count);
  }
}

#else

// Fields of /proc/self/stat after the command, counted from 3 (proc(5)).
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::vector<std::string> fields;
  const auto end = line.rfind(')');
  if (end == std::string::npos) return fields;
  std::size_t at = end + 2;
  while (at < line.size()) {
    const auto space = std::min(line.find(' ', at), line.size());
    fields.push_back(line.substr(at, space - at));
    at = space + 1;
  }
  return fields;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) break;
  }
  return value;
}

void add_system(FamilyWriter& writer) {
  const auto fields = stat_fields();
  const auto number = [&](std::size_t field) {  // as proc(5) numbers them
    return field - 3 < fields.size() ? std::strtod(fields[field - 3].c_str(), nullptr) : 0.0;
  };
  add(writer, "process_resident_memory_bytes", "Resident memory", number(24) * static_cast<double>(::getpagesize()));
  add(writer, "process_virtual_memory_bytes", "Address space", number(23));
  add(writer, "process_start_time_seconds", "Start, seconds since the epoch",
      boot_time() + number(22) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  add(writer, "process_threads", "Threads", number(20));
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error)) {
    ++count;
  }
  add(writer, "process_open_fds", "Open descriptors", count);
}

#endif

}  // namespace

void write_process(FamilyWriter& writer) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    add(writer, "process_cpu_seconds_total", "CPU time", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
        MetricType::Counter);
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    add(writer, "process_max_fds", "Most open descriptors", static_cast<double>(files.rlim_cur));
  }
  add_system(writer);
}

}  // namespace jaild::metrics
