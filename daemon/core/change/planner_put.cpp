// The first half of a plan: each change by itself, put into the jails as they would be after it.
#include <algorithm>
#include <utility>

#include "daemon/core/adoption.h"
#include "daemon/core/change/planner.h"
#include "daemon/core/deliberate_fault.h"

namespace jaild::core {
namespace {

Error error_of(Kind kind, std::string text) {
  return {kind, std::move(text), 0, {}};
}

bool has_labels(const JailSpec& spec, const std::map<std::string, std::string>& labels) {
  return std::ranges::all_of(labels, [&](const auto& label) {
    const auto found = spec.labels.find(label.first);
    return found != spec.labels.end() && found->second == label.second;
  });
}

std::string listed(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

}  // namespace

void Planner::put(std::size_t place) {
  Change& change = request_.changes[place];
  const auto* jail = present_.find(change.name);
  auto refused = refusal(change, jail);
  if (auto* wanted = std::get_if<Put>(&change.what); wanted != nullptr) {
    put_spec(place, *wanted, jail);  // even so: the others may depend on it
  } else if (refused) {
    // there is nothing to be put
  } else if (const auto* wish = std::get_if<SetDesired>(&change.what)) {
    put_wish(change.name, wish->desired, false, *jail);
  } else if (std::holds_alternative<Restart>(change.what)) {
    put_wish(change.name, Desired::running, jail->has_run(), *jail);
  } else if (std::holds_alternative<Adopt>(change.what)) {
    put_adopted(place);
  } else if (!jail->record().deleting) {
    after_.take_out(change.name);
  }
  if (refused) refuse(place, *std::move(refused));
}

// Why a change cannot be at all, whatever else the request says.
std::optional<Error> Planner::refusal(const Change& change, const Lifecycle* jail) const {
  const std::string& name = change.name;
  const bool adopts = std::holds_alternative<Adopt>(change.what);
  const auto* wanted = std::get_if<Put>(&change.what);
  if (jail == nullptr && present_.foreign.contains(name) && !adopts) {
    return error_of(Kind::conflict, name + " runs, but jaild did not make it: remove it with jail -r, or adopt it");
  }
  if (auto broken = broken_condition(change, jail)) return broken;
  if (jail != nullptr && jail->record().deleting && !std::holds_alternative<Erase>(change.what)) {
    return error_of(Kind::conflict, name + " is being deleted");
  }
  if (adopts) {
    if (jail != nullptr) return error_of(Kind::conflict, name + " is already managed by jaild");
    if (!present_.adoption.adopts) {
      return error_of(Kind::conflict, "on this host only jaild makes jails: there is none to adopt");
    }
    if (!present_.foreign.contains(name)) return error_of(Kind::not_found, "no jail is called " + name);
    return std::nullopt;
  }
  if (wanted != nullptr && wanted->only_new && jail != nullptr) {
    return error_of(Kind::exists, "a jail called " + name + " is declared already");
  }
  if (wanted == nullptr && jail == nullptr) return error_of(Kind::not_found, "no jail is called " + name);
  return std::nullopt;
}

std::optional<Error> Planner::broken_condition(const Change& change, const Lifecycle* jail) const {
  const auto broken = [&](const std::string& how) { return error_of(Kind::precondition_failed, change.name + how); };
  const Conditions& only_if = change.only_if;
  if (only_if.absent && jail != nullptr) return broken(" exists already (If-None-Match: *)");
  if (only_if.present && jail == nullptr) return broken(" does not exist (If-Match: *)");
  if (!only_if.generation) return std::nullopt;
  const std::string wanted = ", not " + std::to_string(*only_if.generation) + ": read it again";
  if (jail == nullptr) return broken(" does not exist" + wanted);
  const auto generation = jail->record().generation;
  if (generation == *only_if.generation) return std::nullopt;
  return broken(" is at generation " + std::to_string(generation) + wanted);
}

void Planner::put_spec(std::size_t place, Put& wanted, const Lifecycle* jail) {
  const std::string& name = request_.changes[place].name;
  if (!has_labels(wanted.spec, request_.prune)) {
    mistakes_.push_back({pointer_to(place) + "/spec/labels",
                         "lacks the labels in `prune`, so a later apply without " + name + " would not prune it"});
  }
  JailRecord record;
  if (jail != nullptr) record = jail->record();
  record.name = name;
  const bool changed = jail == nullptr || record.spec != wanted.spec;
  const Desired desired = wanted.desired.value_or(record.desired);
  if (jail != nullptr && changed) ++record.generation;
  if (changed || desired != record.desired) wish_anew(record, desired, request_.who.by, now_);
  record.spec = std::move(wanted.spec);
  plan_.created = jail == nullptr && !request_.is_set;
  after_.put(std::move(record));
}

// The same wish again writes nothing, unless something holds the jail back.
void Planner::put_wish(const std::string& name, Desired desired, bool restart, const Lifecycle& jail) {
  const auto& now = jail.record();
  if (restart) restarts_.insert(name);
  const bool held_back = now.finished || now.restart.gave_up || (desired == Desired::stopped && !now.failure.empty());
  if (now.desired == desired && !held_back && !restart) return;
  JailRecord record = now;
  wish_anew(record, desired, request_.who.by, now_);
  after_.put(std::move(record));
}

// The kernel's jail as it is, and a run that began without us. Nothing of it is in the ledger: others made its mounts
// and aliases, so others remove them.
void Planner::put_adopted(std::size_t place) {
  const std::string& name = request_.changes[place].name;
  const JailFacts& facts = present_.foreign.at(name);
  auto spec = observed_spec(facts, present_.adoption.host_cpus, present_.foreign_dev.contains(name));
  if (!spec) return refuse(place, spec.error());
  if (present_.adoption.check) {
    for (auto& mistake : present_.adoption.check(name, *spec)) {
      mistakes_.push_back({pointer_to(place) + mistake.pointer, std::move(mistake.detail)});
    }
  }
  JailRecord record;
  record.name = name;
  record.spec = std::move(*spec);
  wish_anew(record, Desired::running, request_.who.by, now_);
  RunRecord run;
  run.key = {name, 0, facts.jid};
  run.generation = record.generation;
  run.spec = record.spec;
  run.phase = RunPhase::running;
  run.boot_id = present_.boot_id;
  plan_.created = true;
  plan_.run = std::move(run);
  after_.put(std::move(record));
}

void Planner::take_out_pruned() {
  for (const auto& [name, jail] : present_.jails) {
    const auto& record = jail->record();
    if (request_.prune.empty() || places_.contains(name) || record.deleting) continue;
    if (has_labels(record.spec, request_.prune)) pruned_.push_back(name);
  }
  for (const auto& name : pruned_) after_.take_out(name);
  for (const auto& name : pruned_) check_erased("/prune", name);
  for (std::size_t place = 0; place < request_.changes.size(); ++place) {
    const Change& change = request_.changes[place];
    if (std::holds_alternative<Erase>(change.what)) check_erased(pointer_to(place) + "/name", change.name);
  }
}

// What is on its way out needs nothing any more, except to be down first (stop_hindrance()).
void Planner::check_erased(const std::string& pointer, const std::string& name) {
  auto dependants = after_.dependants_of(name);
  std::erase_if(dependants, [this](const auto& each) {
    return after_.find(each) == nullptr || after_.changed().contains(each);  // a change is told at its own place
  });
  if (dependants.empty()) return;
  if (!request_.is_set) {
    refusal_ = error_of(Kind::conflict, name + " is needed by " + listed(dependants, ", ") + ": delete these first");
    return;
  }
  for (const auto& each : dependants) {
    mistakes_.push_back({pointer, name + " cannot be deleted: " + each + ", outside of the set, depends on it"});
  }
}

}  // namespace jaild::core
