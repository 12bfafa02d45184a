#include "daemon/host/linux/usage.h"

#include <cmath>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/proc.h"

namespace jaild::host {
namespace {

constexpr std::chrono::seconds rate_period{1};

// The number after `name ` at the start of a line of `text`.
std::optional<std::uint64_t> field(const std::string& text, const std::string& name) {
  for (std::size_t line = 0; line < text.size();) {
    unsigned long long number = 0;
    if (text.compare(line, name.size(), name) == 0 && line + name.size() < text.size() &&
        text[line + name.size()] == ' ' && to_number(std::string_view(text).substr(line + name.size()), number)) {
      return number;
    }
    const auto next = text.find('\n', line);
    if (next == std::string::npos) break;
    line = next + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(const CgroupTree& tree, Controller controller, const std::string& group,
                                       const char* file) {
  unsigned long long number = 0;
  const auto text = tree.read(controller, group, file);
  return text && to_number(*text, number) ? std::optional<std::uint64_t>(number) : std::nullopt;
}

std::uint64_t without(std::uint64_t all, std::uint64_t part) {
  return all > part ? all - part : 0;
}

std::optional<double> cpu_seconds(const CgroupTree& tree, const std::string& group) {
  if (!tree.has(Controller::cpuacct)) return std::nullopt;
  if (tree.v2(Controller::cpuacct)) {
    const auto text = tree.read(Controller::cpuacct, group, "cpu.stat");
    const auto microseconds = text ? field(*text, "usage_usec") : std::nullopt;
    return microseconds ? std::optional(static_cast<double>(*microseconds) / 1e6) : std::nullopt;
  }
  const auto nanoseconds = number_in(tree, Controller::cpuacct, group, "cpuacct.usage");
  return nanoseconds ? std::optional(static_cast<double>(*nanoseconds) / 1e9) : std::nullopt;
}

// v2: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ..." a line and disk.
void add_io_v2(const std::string& text, std::map<Resource, double>& counters) {
  for (const std::string& line : split(text, '\n')) {
    for (const std::string& word : split(line, ' ')) {
      const auto equals = word.find('=');
      unsigned long long number = 0;
      if (equals == std::string::npos || !to_number(word.substr(equals + 1), number)) continue;
      const std::string name = word.substr(0, equals);
      if (name == "rbytes") counters[Resource::readbps] += static_cast<double>(number);
      if (name == "wbytes") counters[Resource::writebps] += static_cast<double>(number);
      if (name == "rios") counters[Resource::readiops] += static_cast<double>(number);
      if (name == "wios") counters[Resource::writeiops] += static_cast<double>(number);
    }
  }
}

// v1: "8:0 Read 1" a line, disk and direction.
void add_io_v1(const std::string& text, Resource reads, Resource writes, std::map<Resource, double>& counters) {
  for (const std::string& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    unsigned long long number = 0;
    if (words.size() != 3 || !to_number(words[2], number)) continue;
    if (words[1] == "Read") counters[reads] += static_cast<double>(number);
    if (words[1] == "Write") counters[writes] += static_cast<double>(number);
  }
}

void add_io(const CgroupTree& tree, const std::string& group, std::map<Resource, double>& counters) {
  if (!tree.has(Controller::io)) return;
  if (tree.v2(Controller::io)) {
    if (const auto text = tree.read(Controller::io, group, "io.stat")) add_io_v2(*text, counters);
  } else {
    const auto bytes = tree.read(Controller::io, group, "blkio.throttle.io_service_bytes");
    const auto operations = tree.read(Controller::io, group, "blkio.throttle.io_serviced");
    if (!bytes || !operations) return;
    add_io_v1(*bytes, Resource::readbps, Resource::writebps, counters);
    add_io_v1(*operations, Resource::readiops, Resource::writeiops, counters);
  }
  for (const Resource rate : {Resource::readbps, Resource::writebps, Resource::readiops, Resource::writeiops}) {
    counters.emplace(rate, 0);  // a jail that did no I/O has no lines
  }
}

}  // namespace

UsageReader::Counters UsageReader::counters(const std::string& group) const {
  Counters now;
  if (const auto seconds = cpu_seconds(tree_, group)) now[Resource::pcpu] = *seconds * 100;
  add_io(tree_, group, now);
  return now;
}

void UsageReader::add_memory(const std::string& group, Usage& usage) const {
  if (!tree_.has(Controller::memory)) return;
  const bool v2 = tree_.v2(Controller::memory);
  const auto current = number_in(tree_, Controller::memory, group, v2 ? "memory.current" : "memory.usage_in_bytes");
  const auto stat = tree_.read(Controller::memory, group, "memory.stat");
  if (!current || !stat) return;
  const auto inactive = field(*stat, v2 ? "inactive_file" : "total_inactive_file");
  usage.resources[Resource::memoryuse] = without(*current, inactive.value_or(0));
  const auto swap =
      v2 ? number_in(tree_, Controller::memory, group, "memory.swap.current") : field(*stat, "total_swap");
  if (swap) usage.resources[Resource::swapuse] = *swap;
}

void UsageReader::add_processes(const std::string& group, Usage& usage) const {
  std::uint64_t processes = 0;
  std::uint64_t files = 0;
  std::uint64_t virtual_bytes = 0;
  double wallclock = 0;
  for (const int pid : tree_.pids(group)) {
    const auto stat = read_stat(pid);
    if (!stat) continue;  // it ended meanwhile
    ++processes;
    files += open_files(pid);
    virtual_bytes += stat->virtual_bytes;
    wallclock += age_seconds(stat->start_time);
  }
  usage.resources[Resource::maxproc] = processes;
  usage.resources[Resource::openfiles] = files;
  usage.resources[Resource::vmemoryuse] = virtual_bytes;
  usage.resources[Resource::wallclock] = static_cast<std::uint64_t>(wallclock);
  if (!tree_.has(Controller::pids)) return;
  if (const auto threads = number_in(tree_, Controller::pids, group, "pids.current")) {
    usage.resources[Resource::nthr] = *threads;
  }
}

void UsageReader::add_rates(const std::string& group, Counters now, Usage& usage) {
  const auto time = Clock::now();
  const std::lock_guard lock(mutex_);
  const auto [sample, fresh] = samples_.try_emplace(group, Sample{time, now, {}});
  const double seconds = std::chrono::duration<double>(time - sample->second.at).count();
  if (!fresh && seconds >= std::chrono::duration<double>(rate_period).count()) {
    std::map<Resource, std::uint64_t> rates;
    for (const auto& [rate, count] : now) {
      const double grown = std::max(0.0, count - sample->second.counters[rate]);
      rates[rate] = static_cast<std::uint64_t>(std::llround(grown / seconds));
    }
    sample->second = Sample{time, std::move(now), std::move(rates)};
  }
  for (const auto& [rate, value] : sample->second.rates) usage.resources[rate] = value;
}

std::optional<Usage> UsageReader::read(const std::string& group) {
  if (!tree_.exists(group)) return std::nullopt;
  Usage usage;
  add_memory(group, usage);
  add_processes(group, usage);
  Counters now = counters(group);
  if (const auto hundredths = now.find(Resource::pcpu); hundredths != now.end()) {
    usage.resources[Resource::cputime] = static_cast<std::uint64_t>(hundredths->second / 100);
  }
  add_rates(group, std::move(now), usage);
  return usage;
}

void UsageReader::forget(const std::string& group) {
  const std::lock_guard lock(mutex_);
  samples_.erase(group);
}

}  // namespace jaild::host
