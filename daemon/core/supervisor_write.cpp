// Requests to change one jail: checked against all jails, planned as a whole, made durable, then acted on.
#include <algorithm>
#include <utility>

#include "daemon/core/adoption.h"
#include "daemon/core/changes.h"
#include "daemon/core/deliberate_fault.h"
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

}  // namespace

void Supervisor::on_write(Ticket ticket, Write write) {
  const bool waits = !write.dry_run && (boot_unrecorded_ || waiting_sets_ > 0 || touches_staged(write));
  if (const auto error = refusal(write.dry_run, waits)) {
    actions_.emplace_back(Answer{ticket, Fail(*error)});
    return;
  }
  if (waits) {
    waiting_.emplace_back(ticket, std::move(write));
    return;
  }
  auto plan = plan_write(write);
  if (!plan) {
    actions_.emplace_back(Answer{ticket, Fail(plan.error())});
    return;
  }
  describe_changes(write, *plan);
  if (write.dry_run || plan->empty()) {
    if (!write.dry_run) {
      try_now(*plan);
      evaluate_dirty();
    }
    if (const auto* jail = find(write.name); jail != nullptr && !write.dry_run) {
      plan->reply.object = jail->object();
      plan->reply.settled = jail->settled();
    }
    actions_.emplace_back(Answer{ticket, std::move(plan->reply)});
    return;
  }
  if (plan->run) plan->run->key.run = next_run();
  std::vector<Mutation> mutations = mutations_of(*plan);
  std::vector<JailEvent> told{event_of(write, *plan)};
  stage(*plan);
  if (breaks(DeliberateFault::answered_before_commit)) {
    commit_as("", std::move(mutations), std::move(told));
    finish_write(PendingWrite{ticket, std::move(write), std::move(*plan)}, {});
    return;
  }
  const CommitId id = commit_as("", std::move(mutations), std::move(told));
  writes_.emplace(id, PendingWrite{ticket, std::move(write), std::move(*plan)});
}

// The audit line of a write: who, from where, what, which generation, and whom it took along.
JailEvent Supervisor::event_of(const Write& write, const WritePlan& plan) const {
  std::map<std::string, std::string> data{
      {"by", write.who.by}, {"from", write.who.from}, {"action", std::string(verb_name(write.verb))}};
  if (!plan.erased.empty()) {
    return make_event("jail.deleted", write.name, "is deleted", std::move(data));
  }
  const JailRecord& target = plan.records.front();
  data.emplace("generation", std::to_string(target.generation));
  data.emplace("desired", std::string(to_string(target.desired)));
  std::vector<std::string> others;
  for (const auto& record : plan.records) {
    if (record.name != write.name) others.push_back(record.name);
  }
  data.emplace("also", join(others, " "));
  if (plan.reply.created) return make_event("jail.declared", write.name, "is declared", std::move(data));
  return make_event("jail.changed", write.name, "is changed", std::move(data));
}

void Supervisor::finish_write(PendingWrite pending, const Result<void>& result) {
  if (!result) {
    take_back(pending.plan);
    actions_.emplace_back(Answer{pending.ticket, Fail(result.error())});
  } else {
    install(std::move(pending.plan));
    auto reply = std::move(pending.plan.reply);
    const auto* jail = find(pending.write.name);
    reply.gone = jail == nullptr;
    if (jail != nullptr) reply.object = jail->object();
    reply.settled = jail == nullptr || jail->settled();
    actions_.emplace_back(Answer{pending.ticket, std::move(reply)});
  }
  go_on_with_waiting();
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
  return near(closure({write.name}, [this](const std::string& each) { return dependants_of(each); })) ||
         near(closure({write.name}, [this](const std::string& each) {
           const auto* one = find(each);
           return one == nullptr ? std::vector<std::string>{} : dependencies_of(each, one->record().spec);
         }));
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
  if (!changed && desired == record.desired) {
    if (desired == Desired::running) hasten(record, plan);
    return plan;
  }
  if (jail != nullptr && changed) ++record.generation;
  record.spec = *write.spec;
  wish_anew(record, desired, write.who.by, now_.wall);
  plan.records.push_back(record);
  carry_wish(record, plan);
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
  auto dependants = dependants_of(write.name);
  // What is on its way out needs nothing any more, except to be down first (stop_hindrance()).
  std::erase_if(dependants, [this](const auto& each) {
    const auto* dependant = find(each);
    return dependant == nullptr || dependant->record().deleting;
  });
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
    plan.erased.push_back(write.name);
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
  if (write.verb == Write::Verb::restart && jail.has_run()) plan.restarts.insert(write.name);
  const bool held_back = now.finished || now.restart.gave_up || (desired == Desired::stopped && !now.failure.empty());
  if (now.desired == desired && !held_back && plan.restarts.empty()) {  // the same wish again: tried again, now
    carry_wish(now, plan);
    return plan;
  }
  JailRecord record = now;
  wish_anew(record, desired, write.who.by, now_.wall);
  plan.records.push_back(record);
  carry_wish(record, plan);
  return plan;
}

// start wishes the dependencies running too, stop the dependants stopped too.
void Supervisor::carry_wish(const JailRecord& target, WritePlan& plan) const {
  Outlook after = outlook();
  after.put(target);
  const bool up = target.desired == Desired::running;
  const auto names = closure({target.name}, [&](const std::string& each) {
    return up ? after.dependencies_of(each) : after.dependants_of(each);
  });
  for (const auto& each : names) {
    const auto* record = after.find(each);
    if (record == nullptr || agrees(*record, target.desired)) continue;
    JailRecord changed = *record;
    wish_anew(changed, target.desired, target.by, now_.wall);
    plan.records.push_back(std::move(changed));
  }
  if (up) hasten(target, plan);
}

// A start of the jail is asked for: it and what it needs are tried now where they wait for the end of a delay.
void Supervisor::hasten(const JailRecord& target, WritePlan& plan) const {
  Outlook after = outlook();
  after.put(target);
  auto names = closure({target.name}, [&](const std::string& each) { return after.dependencies_of(each); });
  names.insert(names.begin(), target.name);
  plan.tries.insert(names.begin(), names.end());
  std::set<std::string> written;
  for (const auto& record : plan.records) written.insert(record.name);
  for (const auto& each : names) {
    auto record = hastened(each);
    if (record && !written.contains(each)) plan.records.push_back(*std::move(record));
  }
  const bool first = plan.records.empty() || plan.records.front().name == target.name;
  if (!first) plan.records.insert(plan.records.begin(), find(target.name)->record());
}

std::vector<FieldError> Supervisor::mistakes_among_jails(const std::string& name, const JailSpec& spec) const {
  Outlook after = outlook();
  JailRecord record;
  record.name = name;
  record.spec = spec;
  after.put(std::move(record));
  auto mistakes = after.mistakes(name);
  for (const auto& loop : after.loops({name})) mistakes.push_back(loop_mistake(loop));
  return mistakes;
}

void Supervisor::describe_changes(const Write& write, WritePlan& plan) const {
  auto& changes = plan.reply.changes;
  if (!plan.erased.empty() || (write.verb == Write::Verb::erase && !plan.records.empty())) {
    describe_erase(*find(write.name), options_.timeouts, changes);
  } else if (plan.run) {
    describe_adoption(write.name, plan.run->spec, changes);
  } else {
    Outlook after = outlook();
    for (const auto& record : plan.records) after.put(record);
    for (const auto& name : plan.tries) {
      const auto* jail = find(name);
      if (jail != nullptr && jail->waits() && !after.changed().contains(name)) after.put(jail->record());
    }
    auto order = after.in_start_order();
    const bool down = !order.empty() && order.front()->desired == Desired::stopped;
    if (down) std::reverse(order.begin(), order.end());  // a wish is carried to others as it is
    for (const auto* record : order) {
      describe_record(*record, find(record->name), plan.restarts.contains(record->name), options_.timeouts,
                      options_.ways, changes);
    }
  }
}

}  // namespace jaild::core
