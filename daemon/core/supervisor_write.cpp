// Requests to change something: checked against all jails, planned as a whole, made durable, then acted on.
#include <algorithm>
#include <utility>

#include "api/contract/param_table.h"
#include "daemon/core/adoption.h"
#include "daemon/core/deliberate_fault.h"
#include "daemon/core/spec_diff.h"
#include "daemon/core/start_order.h"
#include "daemon/core/supervisor.h"

namespace jaild::core {
namespace {

std::string join(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string_view verb_name(Write::Verb verb) {
  switch (verb) {
    case Write::Verb::declare: return "declare";
    case Write::Verb::replace: return "replace";
    case Write::Verb::erase: return "delete";
    case Write::Verb::start: return "start";
    case Write::Verb::stop: return "stop";
    case Write::Verb::restart: return "restart";
    case Write::Verb::adopt: return "adopt";
  }
  std::unreachable();
}

// A new wish clears what held the jail back.
void wish_anew(JailRecord& record, Desired desired, const std::string& by, WallTime now) {
  record.desired = desired;
  record.finished = false;
  record.failure.clear();
  record.restart = {};
  record.by = by;
  record.updated_at = now;
}

// The canonical addresses of a jail that shares the host's network stack, by family.
std::vector<std::string> addresses_of(const JailSpec& spec, bool v6) {
  std::vector<std::string> result;
  if (spec.text("vnet") == "new") return result;
  for (const auto& each : spec.list(v6 ? "ip6.addr" : "ip4.addr")) {
    if (auto entry = parse_address(each, v6)) result.push_back(entry->address);
  }
  return result;
}

bool is_up(const Lifecycle& jail) {
  return jail.activity() == Activity::running || jail.activity() == Activity::updating;
}

// A run that never was, for the steps that a start of `spec` would take. The things it needs are named as the spec
// names them: which interface or mount id they get is known only at the start.
RunRecord imagined_run(const std::string& name, const JailSpec& spec) {
  RunRecord run;
  run.key.name = name;
  run.spec = spec;
  const auto add = [&](std::vector<LedgerEntry>& list, ResourceKind kind, const std::string& id) {
    list.push_back({kind, id, {}, false});
  };
  for (const auto* param : {"ip4.addr", "ip6.addr"}) {
    for (const auto& each : spec.list(param)) add(run.before_create, ResourceKind::alias, each);
  }
  for (const auto* param : {"mount", "mount.fstab"}) {
    for (const auto& each : spec.list(param)) add(run.before_create, ResourceKind::mount, each);
  }
  for (const auto* param : {"mount.devfs", "mount.fdescfs", "mount.procfs"}) {
    if (spec.flag(param)) add(run.before_create, ResourceKind::mount, param);
  }
  for (const auto& each : spec.list("zfs.dataset")) add(run.after_create, ResourceKind::dataset, each);
  for (const auto& each : spec.list("vnet.interface")) add(run.after_create, ResourceKind::interface, each);
  return run;
}

}  // namespace

void Supervisor::on_write(Ticket ticket, Write write) {
  if (boot_unrecorded_ && boot_commit_ == 0 && !write.dry_run) {
    actions_.emplace_back(
        Answer{ticket, Fail(Kind::unavailable, "the boot of the host cannot be recorded; is the disk full?")});
    return;
  }
  if (!write.dry_run && (boot_unrecorded_ || touches_staged(write))) {
    if (waiting_.size() >= waiting_writes_max) {
      actions_.emplace_back(Answer{ticket, Fail(Kind::overloaded, "too many writes wait for earlier ones")});
    } else {
      waiting_.emplace_back(ticket, std::move(write));
    }
    return;
  }
  auto plan = plan_write(write);
  if (!plan) {
    actions_.emplace_back(Answer{ticket, Fail(plan.error())});
    return;
  }
  describe_changes(write, *plan);
  if (write.dry_run || (plan->records.empty() && !plan->erase)) {
    if (const auto* jail = find(write.name); jail != nullptr && !write.dry_run) {
      plan->reply.object = jail->object();
      plan->reply.settled = jail->settled();
    }
    actions_.emplace_back(Answer{ticket, std::move(plan->reply)});
    return;
  }
  if (plan->run) plan->run->key.run = next_run();
  std::vector<Mutation> mutations;
  for (const auto& record : plan->records) {
    mutations.emplace_back(PutJail{record});
    staged_[record.name] = record;
  }
  if (plan->run) mutations.emplace_back(PutRun{*plan->run});
  if (plan->erase) {
    mutations.emplace_back(EraseJail{write.name});
    auto& going = staged_[write.name] = find(write.name)->record();
    going.deleting = true;
  }
  publish_write(write, *plan);
  if (breaks(DeliberateFault::answered_before_commit)) {
    commit_as("", std::move(mutations));
    finish_write(PendingWrite{ticket, std::move(write), std::move(*plan)}, {});
    return;
  }
  const CommitId id = commit_as("", std::move(mutations));
  writes_.emplace(id, PendingWrite{ticket, std::move(write), std::move(*plan)});
}

// The audit line of a write: who, from where, what, which generation, and whom it took along.
void Supervisor::publish_write(const Write& write, const WritePlan& plan) {
  std::map<std::string, std::string> data{
      {"by", write.who.by}, {"from", write.who.from}, {"action", std::string(verb_name(write.verb))}};
  if (plan.erase) {
    publish("jail.deleted", write.name, "is deleted", std::move(data));
    return;
  }
  const JailRecord& target = plan.records.front();
  data.emplace("generation", std::to_string(target.generation));
  data.emplace("desired", std::string(to_string(target.desired)));
  std::vector<std::string> others;
  for (const auto& record : plan.records) {
    if (record.name != write.name) others.push_back(record.name);
  }
  data.emplace("also", join(others, " "));
  if (plan.reply.created) {
    publish("jail.declared", write.name, "is declared", std::move(data));
  } else {
    publish("jail.changed", write.name, "is changed", std::move(data));
  }
}

void Supervisor::finish_write(PendingWrite pending, const Result<void>& result) {
  const std::string name = pending.write.name;
  staged_.erase(name);
  for (const auto& record : pending.plan.records) staged_.erase(record.name);
  if (!result) {
    if (pending.plan.erase) dirty_.insert(name);  // it stays, and was held back meanwhile
    // A commit of the jail itself may have carried the refused wish along; what holds is written again.
    for (const auto& record : pending.plan.records) {
      if (const auto* jail = find(record.name)) commit_as("", {PutJail{jail->record()}});
    }
    actions_.emplace_back(Answer{pending.ticket, Fail(result.error())});
  } else {
    auto reply = std::move(pending.plan.reply);
    if (pending.plan.erase) {
      remove(name);
      reply.gone = true;
      reply.settled = true;
    } else {
      for (auto& record : pending.plan.records) {
        const bool restart = pending.plan.restart && record.name == name;
        install(std::move(record), restart);
      }
      if (pending.plan.run) {
        foreign_.erase(name);
        lifecycle(name)->take_over(std::move(*pending.plan.run));
      }
      evaluate_dirty();
      const auto* jail = find(name);
      reply.object = jail->object();
      reply.settled = jail->settled();
    }
    actions_.emplace_back(Answer{pending.ticket, std::move(reply)});
  }
  // One pass over those that wait: each goes ahead, fails, or waits on.
  auto waiting = std::exchange(waiting_, {});
  for (auto& [ticket, write] : waiting) on_write(ticket, std::move(write));
}

bool Supervisor::touches_staged(const Write& write) const {
  if (staged_.empty()) return false;
  if (staged_.contains(write.name)) return true;
  // A graph in motion is not a graph to check against.
  const auto near = [this](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [this](const std::string& each) { return staged_.contains(each); });
  };
  if (write.spec && near(dependencies_of(write.name, *write.spec))) return true;
  const auto* jail = find(write.name);
  if (jail == nullptr) return false;
  return near(closure(write.name, [this](const std::string& each) { return dependants_of(each); })) ||
         near(closure(write.name, [this](const std::string& each) {
           const auto* one = find(each);
           return one == nullptr ? std::vector<std::string>{} : dependencies_of(each, one->record().spec);
         }));
}

void Supervisor::install(JailRecord record, bool restart) {
  const std::string name = record.name;
  if (auto* jail = lifecycle(name)) {
    index(name, jail->record().spec, false);
    index(name, record.spec, true);
    const JailRecord written = record;
    jail->replace_record(std::move(record), restart);
    // What happened to the jail while the write was under way is not in what was written.
    if (jail->record() != written) commit_as("", {PutJail{jail->record()}});
  } else {
    index(name, record.spec, true);
    jails_[name] = std::make_unique<Lifecycle>(*this, std::move(record));
  }
  dirty_.insert(name);
}

void Supervisor::remove(const std::string& name) {
  const auto jail = jails_.find(name);
  if (jail == jails_.end()) return;
  index(name, jail->second->record().spec, false);
  starting_.erase(name);
  slot_waiters_.erase({jail->second->record().spec.priority, name});
  jails_.erase(jail);
  for (const auto& each : dependants_of(name)) dirty_.insert(each);
}

void Supervisor::index(const std::string& name, const JailSpec& spec, bool add) {
  const auto note = [&](std::map<std::string, std::set<std::string>>& map, const std::string& key) {
    if (add) {
      map[key].insert(name);
      return;
    }
    const auto entry = map.find(key);
    if (entry == map.end()) return;
    entry->second.erase(name);
    if (entry->second.empty()) map.erase(entry);
  };
  for (const auto& each : dependencies_of(name, spec)) note(dependants_, each);
  for (const bool v6 : {false, true}) {
    for (const auto& each : addresses_of(spec, v6)) note(address_users_, each);
  }
}

// ---- planning: pure looks at the present state
// ------------------------------------------------------------------------

Result<Supervisor::WritePlan> Supervisor::plan_write(const Write& write) const {
  const auto* jail = find(write.name);
  if (jail == nullptr && foreign_.contains(write.name) && write.verb != Write::Verb::adopt) {
    return Fail(Kind::conflict, write.name + " runs, but jaild did not make it: remove it with jail -r, or adopt it");
  }
  if (auto held = check_preconditions(write, jail); !held) return Fail(held.error());
  if (jail != nullptr && jail->record().deleting && write.verb != Write::Verb::erase) {
    return Fail(Kind::conflict, write.name + " is being deleted");
  }
  switch (write.verb) {
    case Write::Verb::declare:
      if (jail != nullptr) return Fail(Kind::exists, "a jail called " + write.name + " is declared already");
      return plan_put(write, nullptr);
    case Write::Verb::replace: return plan_put(write, jail);
    case Write::Verb::adopt:
      if (jail != nullptr) return Fail(Kind::conflict, write.name + " is jaild's own already");
      return plan_adoption(write.name, write.who.by);
    case Write::Verb::erase:
    case Write::Verb::start:
    case Write::Verb::stop:
    case Write::Verb::restart: break;
  }
  if (jail == nullptr) return Fail(Kind::not_found, "no jail is called " + write.name);
  return write.verb == Write::Verb::erase ? plan_erase(write, *jail) : plan_wish(write, *jail);
}

Result<void> Supervisor::check_preconditions(const Write& write, const Lifecycle* jail) const {
  if (write.if_absent && jail != nullptr) {
    return Fail(Kind::precondition_failed, write.name + " exists already (If-None-Match: *)");
  }
  if (write.if_present && jail == nullptr) {
    return Fail(Kind::precondition_failed, write.name + " does not exist (If-Match: *)");
  }
  if (write.if_generation && (jail == nullptr || jail->record().generation != *write.if_generation)) {
    return Fail(
        Kind::precondition_failed,
        write.name +
            (jail == nullptr ? " does not exist" : " is at generation " + std::to_string(jail->record().generation)) +
            ", not " + std::to_string(*write.if_generation) + ": read it again");
  }
  return {};
}

Result<Supervisor::WritePlan> Supervisor::plan_put(const Write& write, const Lifecycle* jail) const {
  auto mistakes = mistakes_among_jails(write.name, *write.spec);
  if (!mistakes.empty()) return Fail(Error{Kind::invalid, mistakes.front().detail, 0, mistakes});
  WritePlan plan;
  plan.reply.created = jail == nullptr;
  JailRecord record;
  if (jail != nullptr) record = jail->record();
  record.name = write.name;
  const bool changed = jail == nullptr || record.spec != *write.spec;
  const Desired desired = write.desired.value_or(jail == nullptr ? Desired::running : record.desired);
  if (!changed && desired == record.desired) return plan;
  if (jail != nullptr && changed) ++record.generation;
  record.spec = *write.spec;
  wish_anew(record, desired, write.who.by, now_.wall);
  plan.records.push_back(record);
  carry_wish(write.name, desired, *write.spec, write.who.by, plan);
  return plan;
}

// The kernel's jail as it is, and a run that began without us. Nothing of it is in the ledger: others made its mounts
// and aliases, so others remove them.
Result<Supervisor::WritePlan> Supervisor::plan_adoption(const std::string& name, const std::string& by) const {
  if (!options_.adopts) return Fail(Kind::conflict, "on this host only jaild makes jails: there is none to adopt");
  const auto facts = foreign_.find(name);
  if (facts == foreign_.end()) return Fail(Kind::not_found, "no jail is called " + name);
  auto spec = observed_spec(facts->second, options_.host_cpus, foreign_dev_.contains(name));
  if (!spec) return Fail(spec.error());
  auto mistakes = options_.check ? options_.check(name, *spec) : std::vector<FieldError>{};
  const auto among = mistakes_among_jails(name, *spec);
  mistakes.insert(mistakes.end(), among.begin(), among.end());
  if (!mistakes.empty()) return Fail(Error{Kind::invalid, mistakes.front().detail, 0, mistakes});
  JailRecord record;
  record.name = name;
  record.spec = std::move(*spec);
  wish_anew(record, Desired::running, by, now_.wall);
  RunRecord run;
  run.key = {name, 0, facts->second.jid};
  run.generation = record.generation;
  run.spec = record.spec;
  run.phase = RunPhase::running;
  run.boot_id = options_.boot_id;
  WritePlan plan;
  plan.reply.created = true;
  plan.records.push_back(std::move(record));
  plan.run = std::move(run);
  return plan;
}

void Supervisor::answer_adoptions(const Result<Survey>& survey) {
  for (auto& [ticket, write] : std::exchange(adoptions_, {})) {
    if (survey) {
      on_write(ticket, std::move(write));
    } else {
      actions_.emplace_back(Answer{ticket, Fail(survey.error().in("looking at the kernel's jails"))});
    }
  }
}

Result<Supervisor::WritePlan> Supervisor::plan_erase(const Write& write, const Lifecycle& jail) const {
  const auto dependants = dependants_of(write.name);
  if (!dependants.empty()) {
    return Fail(Kind::conflict, write.name + " is needed by " + join(dependants, ", ") + ": delete these first");
  }
  WritePlan plan;
  if (jail.record().deleting) {
    plan.reply.object = jail.object();
    return plan;
  }
  const bool down = !jail.has_run() && jail.activity() == Activity::idle;
  if (down || breaks(DeliberateFault::deleted_before_stop)) {
    plan.erase = true;
    return plan;
  }
  JailRecord record = jail.record();
  record.deleting = true;
  record.desired = Desired::stopped;
  record.by = write.who.by;
  record.updated_at = now_.wall;
  plan.records.push_back(std::move(record));
  return plan;
}

Result<Supervisor::WritePlan> Supervisor::plan_wish(const Write& write, const Lifecycle& jail) const {
  const Desired desired = write.verb == Write::Verb::stop ? Desired::stopped : Desired::running;
  const auto& now = jail.record();
  WritePlan plan;
  plan.restart = write.verb == Write::Verb::restart && jail.has_run();
  carry_wish(write.name, desired, now.spec, write.who.by, plan);
  const bool same = now.desired == desired && !now.finished && !now.restart.gave_up && now.failure.empty();
  if (same && !plan.restart && plan.records.empty()) return plan;
  JailRecord record = now;
  wish_anew(record, desired, write.who.by, now_.wall);
  plan.records.insert(plan.records.begin(), std::move(record));
  return plan;
}

// start wishes the dependencies running too, stop the dependants stopped too.
void Supervisor::carry_wish(const std::string& name, Desired desired, const JailSpec& spec, const std::string& by,
                            WritePlan& plan) const {
  const bool up = desired == Desired::running;
  const auto names = closure(name, [&](const std::string& each) {
    if (!up) return dependants_of(each);
    if (each == name) {
      auto needs = dependencies_of(name, spec);
      std::erase(needs, name);  // a mistake of the spec itself, told by validate()
      return needs;
    }
    const auto* jail = find(each);
    return jail == nullptr ? std::vector<std::string>{} : dependencies_of(each, jail->record().spec);
  });
  for (const auto& each : names) {
    const auto* jail = find(each);
    if (jail == nullptr || jail->record().deleting) continue;
    const auto& record = jail->record();
    const bool agrees = record.desired == desired && (!up || (!record.finished && !record.restart.gave_up));
    if (agrees) continue;
    JailRecord changed_record = record;
    wish_anew(changed_record, desired, by, now_.wall);
    plan.records.push_back(std::move(changed_record));
  }
}

std::vector<FieldError> Supervisor::mistakes_among_jails(const std::string& name, const JailSpec& spec) const {
  auto mistakes = graph_mistakes(name, spec);
  const auto addresses = address_mistakes(name, spec);
  mistakes.insert(mistakes.end(), addresses.begin(), addresses.end());
  return mistakes;
}

std::vector<FieldError> Supervisor::graph_mistakes(const std::string& name, const JailSpec& spec) const {
  std::vector<FieldError> mistakes;
  const auto known = [this](const std::string& each) {
    const auto* jail = find(each);
    return jail != nullptr && !jail->record().deleting;
  };
  const auto depend = spec.list("depend");
  for (std::size_t i = 0; i < depend.size(); ++i) {
    if (depend[i] == name || known(depend[i])) continue;
    mistakes.push_back({"/spec/params/depend/" + std::to_string(i), "no jail is called " + depend[i]});
  }
  if (const auto parent = parent_name(name); !parent.empty() && !known(parent)) {
    mistakes.push_back({"/name", name + " is a child of " + parent + ", which does not exist"});
  }
  const auto loop = find_loop(name, [&](const std::string& each) {
    if (each == name) return dependencies_of(name, spec);
    const auto* jail = find(each);
    return jail == nullptr ? std::vector<std::string>{} : dependencies_of(each, jail->record().spec);
  });
  if (!loop.empty()) mistakes.push_back({"/spec/params/depend", "the dependencies form a loop: " + join(loop, " -> ")});
  return mistakes;
}

// As the kernel: two jails may share an address only where each has no other one of that family.
std::vector<FieldError> Supervisor::address_mistakes(const std::string& name, const JailSpec& spec) const {
  std::vector<FieldError> mistakes;
  for (const bool v6 : {false, true}) {
    const auto mine = addresses_of(spec, v6);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const auto users = address_users_.find(mine[i]);
      if (users == address_users_.end()) continue;
      for (const auto& other : users->second) {
        const auto* jail = find(other);
        if (other == name || jail == nullptr) continue;
        if (mine.size() == 1 && addresses_of(jail->record().spec, v6).size() == 1) continue;
        mistakes.push_back({std::string("/spec/params/") + (v6 ? "ip6.addr/" : "ip4.addr/") + std::to_string(i),
                            mine[i] + " belongs to jail " + other});
        break;
      }
    }
  }
  return mistakes;
}

void Supervisor::describe_changes(const Write& write, WritePlan& plan) const {
  auto& changes = plan.reply.changes;
  const auto* target = find(write.name);
  if (plan.erase || (write.verb == Write::Verb::erase && !plan.records.empty())) {
    if (target->has_run()) {
      changes.push_back({write.name, "stop", {}, describe(stop_steps(*target->run(), {}, options_.timeouts))});
    }
    changes.push_back({write.name, "delete", {}, {}});
    return;
  }
  if (plan.run) {
    Change adopt{write.name, "adopt", {}, {}};
    for (const auto& [name, value] : plan.run->spec.params) adopt.fields.push_back(name);
    if (!plan.run->spec.rctl.empty()) adopt.fields.emplace_back("rctl");
    if (plan.run->spec.cpuset) adopt.fields.emplace_back("cpuset");
    changes.push_back(std::move(adopt));
    return;
  }
  for (const auto& record : plan.records) {
    const auto* jail = find(record.name);
    if (jail == nullptr) changes.push_back({record.name, "create", {}, {}});
    if (jail != nullptr && record.spec != jail->record().spec) {
      const auto diff = diff_specs(jail->has_run() ? jail->run()->spec : jail->record().spec, record.spec);
      Change update{record.name, "update", diff.at_once, {}};
      if (diff.rctl) update.fields.emplace_back("rctl");
      if (diff.cpuset) update.fields.emplace_back("cpuset");
      for (const auto& [name, value] : diff.params) update.fields.push_back(name);
      if (jail->has_run() && is_up(*jail)) update.action = "live";
      changes.push_back(std::move(update));
      if (!diff.restart.empty()) {
        changes.push_back({record.name, jail->has_run() ? "pending" : "update", diff.restart, {}});
      }
    }
    const bool was_up = jail != nullptr && jail->has_run();
    const bool down_first =
        was_up && (record.desired == Desired::stopped || (plan.restart && record.name == write.name));
    if (down_first) {
      changes.push_back({record.name, "stop", {}, describe(stop_steps(*jail->run(), {}, options_.timeouts))});
    }
    if (record.desired == Desired::running && (!was_up || down_first)) {
      changes.push_back(
          {record.name, "start", {}, describe(start_steps(imagined_run(record.name, record.spec), options_.timeouts))});
    }
  }
}

}  // namespace jaild::core
