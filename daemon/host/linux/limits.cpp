#include "daemon/host/linux/limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "daemon/host/linux/kernel_file.h"

namespace jaild::host {
namespace {

struct RlimitName {
  const char* name;
  __rlimit_resource number;
};

// The per-process figures that Linux counts as FreeBSD does.
std::optional<RlimitName> rlimit_of(Resource resource) {
  switch (resource) {
    case Resource::datasize: return RlimitName{"data", RLIMIT_DATA};
    case Resource::stacksize: return RlimitName{"stack", RLIMIT_STACK};
    case Resource::coredumpsize: return RlimitName{"core", RLIMIT_CORE};
    case Resource::memorylocked: return RlimitName{"memlock", RLIMIT_MEMLOCK};
    case Resource::openfiles: return RlimitName{"nofile", RLIMIT_NOFILE};
    case Resource::vmemoryuse: return RlimitName{"as", RLIMIT_AS};
    case Resource::cputime:
    case Resource::memoryuse:
    case Resource::maxproc:
    case Resource::pseudoterminals:
    case Resource::swapuse:
    case Resource::nthr:
    case Resource::msgqqueued:
    case Resource::msgqsize:
    case Resource::nmsgq:
    case Resource::nsem:
    case Resource::nsemop:
    case Resource::nshm:
    case Resource::shmsize:
    case Resource::wallclock:
    case Resource::pcpu:
    case Resource::readbps:
    case Resource::writebps:
    case Resource::readiops:
    case Resource::writeiops: return std::nullopt;
  }
  return std::nullopt;
}

const char* io_word(Resource resource) {
  if (resource == Resource::readbps) return "rbps";
  if (resource == Resource::writebps) return "wbps";
  if (resource == Resource::readiops) return "riops";
  if (resource == Resource::writeiops) return "wiops";
  return nullptr;
}

std::optional<std::string> group_problem(const RctlRule& rule, Controller controller, const char* name,
                                         const CgroupTree& tree) {
  if (rule.action() != "deny") return "Linux can only deny here, not " + rule.action();
  if (rule.per() != LimitPer::jail) {
    return "Linux limits this for the jail as a whole, not per " + std::string(to_string(rule.per()));
  }
  if (!tree.has(controller)) return std::string("the control group controller ") + name + " is not available here";
  return std::nullopt;
}

std::optional<std::string> io_problem(const RctlRule& rule, const CgroupTree& tree) {
  if (rule.action() != "throttle") return "Linux can only throttle here, not " + rule.action();
  if (rule.per() != LimitPer::jail) return std::string("Linux limits this for the jail as a whole");
  if (!tree.v2(Controller::io)) return std::string("needs the io controller of control groups v2");
  if (rule.amount() == 0) return std::string("Linux cannot throttle to nothing");
  return std::nullopt;
}

void lower(std::optional<std::uint64_t>& limit, std::uint64_t amount) {
  limit = limit ? std::min(*limit, amount) : amount;
}

void lower(std::map<std::string, std::uint64_t>& limits, const std::string& name, std::uint64_t amount) {
  const auto [present, fresh] = limits.emplace(name, amount);
  if (!fresh) present->second = std::min(present->second, amount);
}

// ---- one file each
// -----------------------------------------------------------------------------------------------------

struct Setting {
  Controller controller;
  std::string file;
  std::string value;
  std::uint64_t slack = 0;  // by how much the kernel may round down
};

bool same(const Setting& setting, const std::string& present) {
  if (present == setting.value) return true;
  unsigned long long wanted = 0;
  unsigned long long found = 0;
  if (setting.slack == 0 || !to_number(setting.value, wanted) || !to_number(present, found)) return false;
  return found <= wanted && wanted - found < setting.slack;
}

std::uint64_t page_size() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// What v1 says of "no limit": the largest whole number of pages. Written as -1.
bool unlimited_v1(const std::string& text) {
  unsigned long long number = 0;
  return to_number(text, number) && number >= (1ULL << 62);
}

constexpr std::uint64_t cpu_period_us = 100'000;   // the kernel's own default
constexpr std::uint64_t cpu_quota_min_us = 1'000;  // min_cfs_quota_period

std::string cpu_quota(std::uint64_t percent) {
  return std::to_string(std::max(percent * (cpu_period_us / 100), cpu_quota_min_us));
}

std::vector<Setting> cpu_settings(const CgroupTree& tree, const Limits& limits) {
  if (tree.v2(Controller::cpu)) {
    const std::string quota = limits.cpu_percent ? cpu_quota(*limits.cpu_percent) : "max";
    return {{Controller::cpu, "cpu.max", quota + " " + std::to_string(cpu_period_us)}};
  }
  return {{Controller::cpu, "cpu.cfs_quota_us", limits.cpu_percent ? cpu_quota(*limits.cpu_percent) : "-1"}};
}

bool file_exists(const CgroupTree& tree, Controller controller, const std::string& group, const char* file) {
  return tree.read(controller, group, file).has_value();
}

// Without swap: memoryuse is about memory, and a jail that may page out as it likes is not confined by it.
std::vector<Setting> memory_settings(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  const std::uint64_t slack = page_size();
  if (tree.v2(Controller::memory)) {
    std::vector<Setting> settings = {
        {Controller::memory, "memory.max", limits.memory ? std::to_string(*limits.memory) : "max", slack}};
    if (file_exists(tree, Controller::memory, group, "memory.swap.max")) {
      settings.push_back({Controller::memory, "memory.swap.max", limits.memory ? "0" : "max"});
    }
    return settings;
  }
  const std::string value = limits.memory ? std::to_string(*limits.memory) : "-1";
  std::vector<Setting> settings = {{Controller::memory, "memory.limit_in_bytes", value, slack}};
  if (!file_exists(tree, Controller::memory, group, "memory.memsw.limit_in_bytes")) return settings;
  const Setting both{Controller::memory, "memory.memsw.limit_in_bytes", value, slack};
  // memory may never be above memory and swap: raise the outer first, lower the inner first.
  unsigned long long present = 0;
  const auto text = tree.read(Controller::memory, group, "memory.limit_in_bytes");
  const bool raises = !limits.memory || (text && to_number(*text, present) && *limits.memory > present);
  settings.insert(raises ? settings.begin() : settings.end(), both);
  return settings;
}

std::vector<Setting> settings_of(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  std::vector<Setting> settings;
  if (tree.has(Controller::memory)) settings = memory_settings(tree, group, limits);
  if (tree.has(Controller::cpu)) {
    for (Setting& setting : cpu_settings(tree, limits)) settings.push_back(std::move(setting));
  }
  if (tree.has(Controller::pids)) {
    settings.push_back({Controller::pids, "pids.max", limits.threads ? std::to_string(*limits.threads) : "max"});
  }
  return settings;
}

bool limit_holds(const CgroupTree& tree, const std::string& group, const Setting& setting) {
  const auto present = tree.read(setting.controller, group, setting.file);
  if (!present) return false;
  if (setting.value == "-1" && unlimited_v1(*present)) return true;
  return same(setting, *present);
}

Result<void> apply(const CgroupTree& tree, const std::string& group, const Setting& setting) {
  if (limit_holds(tree, group, setting)) return {};
  if (auto written = tree.write(setting.controller, group, setting.file, setting.value); !written) {
    if (written.error().os_errno != EBUSY) return written;
    return Fail(Kind::conflict, "more than " + setting.value + " bytes of memory are in use", EBUSY);
  }
  if (limit_holds(tree, group, setting)) return {};
  return Fail(Kind::host_refused, setting.file + " does not hold " + setting.value + " after it was set");
}

// ---- disks
// -------------------------------------------------------------------------------------------------------------

// "MAJOR:MINOR" of every whole disk.
std::vector<std::string> disks() {
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/sys/block", error), end; !error && entry != end;
       entry.increment(error)) {
    auto size = read_text(entry->path().string() + "/size");
    auto number = read_text(entry->path().string() + "/dev");
    if (size && number && trim(*size) != "0") found.push_back(trim(*number));
  }
  return found;
}

std::map<std::string, std::string> io_words(const Limits& limits) {
  std::map<std::string, std::string> words;
  for (const char* word : {"rbps", "wbps", "riops", "wiops"}) {
    const auto limit = limits.io.find(word);
    words[word] = limit == limits.io.end() ? "max" : std::to_string(limit->second);
  }
  return words;
}

// A disk without any limit has no line in io.max.
bool io_holds(const CgroupTree& tree, const std::string& group, const std::string& disk, const Limits& limits) {
  const auto text = tree.read(Controller::io, group, "io.max");
  if (!text) return false;
  for (const std::string& line : split(*text, '\n')) {
    if (!line.starts_with(disk + " ")) continue;
    for (const auto& [word, value] : io_words(limits)) {
      if ((line + " ").find(" " + word + "=" + value + " ") == std::string::npos) return false;
    }
    return true;
  }
  return limits.io.empty();
}

Result<void> apply_io(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  if (!tree.v2(Controller::io)) return {};
  for (const std::string& disk : disks()) {
    if (io_holds(tree, group, disk, limits)) continue;
    std::string line = disk;
    for (const auto& [word, value] : io_words(limits)) line += " " + word + "=" + value;
    if (auto written = tree.write(Controller::io, group, "io.max", line); !written) return written;
    if (!io_holds(tree, group, disk, limits)) return Fail(Kind::host_refused, "io.max does not hold '" + line + "'");
  }
  return {};
}

bool all_io_holds(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  if (!tree.v2(Controller::io)) return limits.io.empty();
  const auto all = disks();
  return std::all_of(all.begin(), all.end(),
                     [&](const std::string& disk) { return io_holds(tree, group, disk, limits); });
}

}  // namespace

std::optional<std::string> rule_problem(const RctlRule& rule, const CgroupTree& tree) {
  const Resource resource = rule.resource();
  if (resource == Resource::memoryuse) return group_problem(rule, Controller::memory, "memory", tree);
  if (resource == Resource::nthr || resource == Resource::maxproc) {
    return group_problem(rule, Controller::pids, "pids", tree);
  }
  if (resource == Resource::pcpu) {
    if (rule.amount() == 0) return std::string("Linux cannot take all CPU time away");
    if (rule.amount() > 100 * 8192) return std::string("more CPUs than Linux knows");
    return group_problem(rule, Controller::cpu, "cpu", tree);
  }
  if (io_word(resource) != nullptr) return io_problem(rule, tree);
  const std::string name(to_string(resource));
  if (!rlimit_of(resource)) return "Linux has no limit like " + name;
  if (rule.action() != "deny") return "Linux can only deny here, not " + rule.action();
  if (rule.per() != LimitPer::process)
    return "Linux limits this for each process only: write " + name + ":deny=N/process";
  return std::nullopt;
}

Limits limits_of(const std::vector<RctlRule>& rules) {
  Limits limits;
  for (const RctlRule& rule : rules) {
    const Resource resource = rule.resource();
    if (resource == Resource::memoryuse) lower(limits.memory, rule.amount());
    if (resource == Resource::pcpu) lower(limits.cpu_percent, rule.amount());
    if (resource == Resource::nthr || resource == Resource::maxproc) lower(limits.threads, rule.amount());
    if (const char* word = io_word(resource)) lower(limits.io, word, rule.amount());
    if (const auto rlimit = rlimit_of(resource)) lower(limits.rlimits, rlimit->name, rule.amount());
  }
  return limits;
}

Result<void> apply_limits(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  for (const Setting& setting : settings_of(tree, group, limits)) {
    if (auto applied = apply(tree, group, setting); !applied) return applied;
  }
  return apply_io(tree, group, limits);
}

bool limits_hold(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  const auto settings = settings_of(tree, group, limits);
  return std::all_of(settings.begin(), settings.end(),
                     [&](const Setting& setting) { return limit_holds(tree, group, setting); }) &&
         all_io_holds(tree, group, limits);
}

Result<void> apply_rlimits(const CgroupTree& tree, const std::string& group, const Limits& known,
                           const Limits& limits) {
  std::map<int, rlimit> wanted;
  for (const Resource resource : all_resources()) {
    const auto name = rlimit_of(resource);
    if (!name) continue;
    const auto limit = limits.rlimits.find(name->name);
    if (limit != limits.rlimits.end()) wanted[name->number] = {limit->second, limit->second};
    // Lifted: as the daemon itself has it, which is what a process started now would get.
    rlimit own{};
    if (limit == limits.rlimits.end() && known.rlimits.contains(name->name)) {
      ::getrlimit(name->number, &own);
      wanted[name->number] = own;
    }
  }
  if (wanted.empty()) return {};
  std::set<int> done;
  constexpr int walks_max = 64;  // a process that forks faster than 64 walks keeps the limits it has inherited
  for (int walk = 0; walk < walks_max; ++walk) {
    bool fresh = false;
    for (const int pid : tree.pids(group)) {
      if (!done.insert(pid).second) continue;
      fresh = true;
      for (const auto& [number, value] : wanted) {
        if (::prlimit(pid, static_cast<__rlimit_resource>(number), &value, nullptr) == 0 || errno == ESRCH) continue;
        return Fail(os_error("limit process " + std::to_string(pid), errno));
      }
    }
    if (!fresh) break;
  }
  return {};
}

}  // namespace jaild::host
