// From a plan to the disk and into force.
#include <string_view>
#include <unordered_set>
#include <utility>

#include "daemon/core/start_order.h"
#include "daemon/core/supervisor.h"

namespace jaild::core {

std::vector<Mutation> Supervisor::mutations_of(const Plan& plan) const {
  std::vector<Mutation> mutations;
  for (const auto& record : plan.records) mutations.emplace_back(PutJail{record});
  if (plan.run) mutations.emplace_back(PutRun{*plan.run});
  for (const auto& name : plan.erased) mutations.emplace_back(EraseJail{name});
  return mutations;
}

void Supervisor::stage(const Plan& plan) {
  for (const auto& record : plan.records) staged_[record.name] = record.deleting;
  for (const auto& name : plan.erased) staged_[name] = true;
}

void Supervisor::install(Plan&& plan) {
  release_commits(plan, true);
  for (const auto& name : plan.erased) remove(name);
  try_now(plan);
  for (auto& record : plan.records) {
    const bool restart = plan.restarts.contains(record.name);
    install(std::move(record), restart);
  }
  if (plan.run) {
    const std::string name = plan.run->key.name;
    foreign_.erase(name);
    lifecycle(name)->take_over(std::move(*plan.run));
  }
}

void Supervisor::take_back(const Plan& plan) {
  release_commits(plan, false);
  dirty_.insert(plan.erased.begin(), plan.erased.end());  // they stay, and were held back meanwhile
}

void Supervisor::release_commits(const Plan& plan, bool durable) {
  for (const auto& record : plan.records) staged_.erase(record.name);
  for (const auto& name : plan.erased) staged_.erase(name);
  if (held_.empty()) return;
  std::map<std::string_view, const JailRecord*> written;
  for (const auto& record : plan.records) written.emplace(record.name, &record);
  const std::set<std::string_view> erased(plan.erased.begin(), plan.erased.end());
  for (auto& [id, jail, mutations] : std::exchange(held_, {})) {
    const auto wish = written.find(jail);
    if (wish == written.end() && !erased.contains(jail)) {
      held_.push_back({id, std::move(jail), std::move(mutations)});
      continue;
    }
    if (durable && erased.contains(jail)) {
      commit_owners_.erase(id);  // nobody is left to hear of it
      continue;
    }
    for (auto& mutation : mutations) {
      auto* put = std::get_if<PutJail>(&mutation);
      if (durable && put != nullptr) take_wish(put->record, *wish->second);
    }
    emit(id, std::move(mutations));
  }
}

void Supervisor::install(JailRecord record, bool restart) {
  const std::string name = record.name;
  if (auto* jail = lifecycle(name)) {
    // One that is needed no more may wait for this jail to stop.
    for (const auto& each : dependencies_of(name, jail->record().spec)) dirty_.insert(each);
    index_.remove(name, jail->record().spec);
    index_.add(name, record.spec);
    const JailRecord written = record;
    jail->replace_record(std::move(record), restart);
    // What happened to the jail while the write was under way is not in what was written.
    if (jail->record() != written) commit_as("", {PutJail{jail->record()}});
  } else {
    index_.add(name, record.spec);
    jails_[name] = std::make_unique<Lifecycle>(*this, std::move(record));
  }
  dirty_.insert(name);
}

void Supervisor::try_now(const Plan& plan) {
  std::unordered_set<std::string_view> written;
  for (const auto& record : plan.records) written.insert(record.name);
  for (const auto& name : plan.tries) {
    auto* jail = lifecycle(name);
    if (jail == nullptr) continue;
    const auto record = hastened(*jail);
    jail->try_now();
    dirty_.insert(name);
    if (record && !written.contains(name))
      commit(*jail, {PutJail{*record}});  // it came to wait while the plan was on its way
  }
}

void Supervisor::remove(const std::string& name) {
  const auto jail = jails_.find(name);
  if (jail == jails_.end()) return;
  index_.remove(name, jail->second->record().spec);
  starting_.erase(name);
  slot_waiters_.erase({jail->second->record().spec.priority, name});
  jails_.erase(jail);
  for (const auto& each : dependants_of(name)) dirty_.insert(each);
}

}  // namespace jaild::core
