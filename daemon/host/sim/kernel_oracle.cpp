// What an oracle may ask, and the reboot of the simulated machine.
#include "daemon/host/sim/kernel.h"
#include "daemon/host/sim/monitors.h"

namespace jaild::host::sim {

void SimKernel::note(Finding finding, std::string subject, std::string detail) {
  observations.add(Observation{finding, timeline_.now(), std::move(subject), std::move(detail)});
}

std::vector<std::string> SimKernel::left_by_jaild(const std::set<std::string>& wanted) const {
  std::vector<std::string> left;
  for (const auto& [jid, jail] : jails_) {
    if (jail.maker == Actor::jaild && !jail.dying && !wanted.contains(jail.name)) {
      left.push_back("jail " + jail.name + " with jid " + std::to_string(jid));
    }
  }
  for (const auto& [name, rules] : std::map(accounts_.all_rules().begin(), accounts_.all_rules().end())) {
    if (wanted.contains(name)) continue;
    for (const RuleInForce& each : rules) {
      if (each.maker == Actor::jaild) left.push_back("rule " + each.rule.kernel_text(name));
    }
  }
  for (const auto& [path, stack] : mounts_.all()) {
    for (const Mount& each : stack) {
      if (each.maker == Actor::jaild && !wanted.contains(each.jail))
        left.push_back("mount " + path + " of " + each.jail);
    }
  }
  for (const Alias* each : network.aliases()) {
    if (each->maker == Actor::jaild && !wanted.contains(each->jail)) {
      left.push_back("alias " + each->interface + "|" + each->address + " of " + each->jail);
    }
  }
  for (const std::string& name : monitors_->names()) {
    if (!wanted.contains(name)) left.push_back("monitor of " + name);
  }
  return left;
}

void SimKernel::hand_over(const std::string& name) {
  const auto found = alive_.find(name);
  if (found != alive_.end()) jails_.at(found->second).maker = Actor::jaild;
}

void SimKernel::reboot() {
  listener_ = nullptr;
  monitors_->reboot();
  for (auto& [pid, process] : processes_) timeline_.cancel(process.end);
  processes_.clear();
  jails_.clear();
  alive_.clear();
  address_users_.clear();
  lingering_.clear();
  change_.reset();
  accounts_.reboot();
  mounts_.reboot();
  network.reboot();
  datasets.reboot();
  last_jid_ = 0;
  last_pid_ = 1000;
  ++boots_;
  boot_id_ = options_.boot_id + "-" + std::to_string(boots_);
}

}  // namespace jaild::host::sim
