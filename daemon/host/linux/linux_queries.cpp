// What is: survey, usage and processes, each one walk without a subprocess.
#include <csignal>

#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/limits.h"
#include "daemon/host/linux/linux_host.h"
#include "daemon/host/linux/proc.h"

namespace jaild::host {
namespace {

std::vector<std::string> mount_points() {
  std::vector<std::string> points;
  auto text = read_text("/proc/self/mountinfo", 64 * 1024 * 1024);
  for (const std::string& line : split(text ? *text : std::string(), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() > 4) points.push_back(words[4]);
  }
  return points;
}

JailFacts facts_of(const JailRecord& record, const CgroupTree& tree) {
  JailFacts facts;
  facts.jid = record.pid;
  facts.name = record.name;
  facts.path = record.path;
  facts.params = {{"path", record.path}};
  const std::string group = group_of(record.name, record.run);
  facts.empty = !tree.has_processes(group);
  for (const RctlRule& rule : rules_in_force(tree, group)) facts.rules.push_back(rule.kernel_text(record.name));
  facts.cpus = cpuset_of(tree, group);
  return facts;
}

}  // namespace

Result<Survey> LinuxHost::survey() {
  Survey survey;
  for (const JailRecord& record : records_.live()) survey.jails.push_back(facts_of(record, tree_));
  survey.monitors = link().monitors();
  survey.mount_points = mount_points();
  return survey;
}

Result<std::map<std::string, Usage>> LinuxHost::usage(const std::vector<JailKey>& keys) {
  std::map<std::string, Usage> all;
  for (const JailKey& key : keys) {
    if (key.jid > 0 && ::kill(key.jid, 0) != 0) continue;  // gone; its group stays until it is released
    if (auto one = usage_.read(group_of(key.name, key.run))) all.emplace(key.name, std::move(*one));
  }
  return all;
}

Result<std::vector<ProcessInfo>> LinuxHost::processes(const JailKey& key) {
  constexpr std::size_t shown_max = 10'000;
  std::vector<ProcessInfo> all;
  for (const int pid : tree_.pids(group_of(key.name, key.run))) {
    if (all.size() >= shown_max) break;
    if (auto info = process_info(pid)) all.push_back(std::move(*info));
  }
  return all;
}

}  // namespace jaild::host
