// What is: survey, usage, processes; and what this host refuses in a spec.
#include <algorithm>

#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/refusal.h"
#include "daemon/host/sim/sim_host.h"

namespace jaild::host::sim {
namespace {

JailFacts facts_of(const SimKernel& kernel, const Jail& jail) {
  JailFacts facts;
  facts.jid = jail.jid;
  facts.name = jail.name;
  facts.path = jail.path;
  facts.dying = jail.dying;
  facts.empty = kernel.is_empty(jail);
  facts.params = kernel.params_of(jail);
  facts.cpus = jail.cpus;
  if (jail.dying) return facts;  // rules go by name: they are those of the jail that lives
  for (const RuleInForce& each : kernel.accounts().rules(jail.name)) {
    facts.rules.push_back(each.rule.kernel_text(jail.name));
  }
  return facts;
}

ProcessInfo info_of(const Process& process, Moment now) {
  ProcessInfo info;
  info.pid = process.pid;
  info.ppid = process.parent;
  info.user = process.user;
  info.command = process.command;
  info.state = process.cpu_percent > 0 ? "running" : "sleeping";
  Counters counters;
  counters.processes = 1;
  counters.threads = process.threads;
  info.memory_bytes = usage_of(counters, 1).resources.at(Resource::memoryuse);
  info.cpu_seconds = std::chrono::duration<double>(now - process.started).count() * process.cpu_percent / 100;
  info.started_at = process.started_at;
  return info;
}

}  // namespace

// The kernel of this host is FreeBSD's, so it enforces what FreeBSD does; what it has not is a name service.
std::vector<FieldError> SimHost::check(const std::string&, const JailSpec& spec, const std::string& base) const {
  std::vector<FieldError> errors;
  if (spec.flag("ip_hostname")) {
    errors.push_back({base + "/params/ip_hostname", "the simulated host resolves no host names"});
  }
  return errors;
}

Result<Survey> SimHost::survey() {
  if (const int error = faults_->on_query(Query::survey); error != 0) return refuse(error, "survey");
  Survey survey;
  timeline_->exclusive([&] {
    survey.jails.reserve(kernel_->jails().size());
    for (const auto& [jid, jail] : kernel_->jails()) survey.jails.push_back(facts_of(*kernel_, jail));
    survey.monitors = kernel_->monitors().facts();
    survey.mount_points = kernel_->mounts().paths();
  });
  return survey;
}

Result<std::map<std::string, Usage>> SimHost::usage(const std::vector<JailKey>& keys) {
  if (const int error = faults_->on_query(Query::usage); error != 0) return refuse(error, "usage");
  std::map<std::string, Usage> usages;
  timeline_->exclusive([&] {
    for (const JailKey& key : keys) {
      const Jail* jail = kernel_->find(key.jid);
      if (jail == nullptr || jail->dying || jail->name != key.name) continue;
      const auto counters = kernel_->accounts().counters(key.name, timeline_->now());
      usages[key.name] = counters ? usage_of(*counters, kernel_->options().cpus) : Usage{};
    }
  });
  return usages;
}

Result<std::vector<ProcessInfo>> SimHost::processes(const JailKey& key) {
  if (const int error = faults_->on_query(Query::processes); error != 0) return refuse(error, "processes");
  std::vector<ProcessInfo> infos;
  timeline_->exclusive([&] {
    const Jail* jail = kernel_->find(key.jid);
    if (jail == nullptr || jail->name != key.name) return;
    for (const int pid : jail->pids) infos.push_back(info_of(*kernel_->process(pid), timeline_->now()));
  });
  std::sort(infos.begin(), infos.end(), [](const ProcessInfo& a, const ProcessInfo& b) { return a.pid < b.pid; });
  return infos;
}

}  // namespace jaild::host::sim
