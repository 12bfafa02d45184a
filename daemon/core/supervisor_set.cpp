// Many jails in one transaction: checked against what would be, planned as a whole, made durable, then acted on.
#include <algorithm>
#include <utility>

#include "daemon/core/changes.h"
#include "daemon/core/deliberate_fault.h"
#include "daemon/core/spec_diff.h"
#include "daemon/core/start_order.h"
#include "daemon/core/supervisor.h"

namespace jaild::core {
namespace {

std::string place_of(std::size_t member) {
  return "/jails/" + std::to_string(member);
}

bool has_labels(const JailSpec& spec, const std::map<std::string, std::string>& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto found = spec.labels.find(label.first);
    return found != spec.labels.end() && found->second == label.second;
  });
}

// Members by name, as indexes of WriteSet::members.
std::map<std::string, std::size_t> places_of(const WriteSet& set) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < set.members.size(); ++i) places.emplace(set.members[i].name, i);
  return places;
}

void check_member(const WriteSet& set, std::size_t place, const Outlook& after, std::vector<FieldError>& mistakes) {
  for (const auto& mistake : after.mistakes(set.members[place].name)) {
    mistakes.push_back({place_of(place) + mistake.pointer, mistake.detail});
  }
}

void check_loops(const WriteSet& set, const Outlook& after, std::vector<FieldError>& mistakes) {
  std::vector<std::string> names;
  for (const auto& member : set.members) names.push_back(member.name);
  const auto places = places_of(set);
  for (const auto& loop : after.loops(names)) {
    // What is declared has no loop, so each of these passes through a member.
    const auto member = std::find_if(loop.begin(), loop.end(), [&](const auto& each) { return places.contains(each); });
    const auto mistake = loop_mistake(loop);
    mistakes.push_back({(member == loop.end() ? "" : place_of(places.at(*member))) + mistake.pointer, mistake.detail});
  }
}

}  // namespace

void Supervisor::on_set(Ticket ticket, WriteSet set, std::optional<Result<SetPlan>> planned) {
  // It waits until nothing else is on its way to the disk: a graph in motion is not a graph to check against.
  const bool waits = !set.dry_run && (boot_unrecorded_ || !staged_.empty() || waiting_sets_ > 0);
  if (const auto error = refusal(set.dry_run, waits)) {
    actions_.emplace_back(AnswerSet{ticket, Fail(*error)});
    return;
  }
  if (waits) {
    waiting_.emplace_back(ticket, std::move(set));
    ++waiting_sets_;
    return;
  }
  auto plan = planned ? *std::move(planned) : plan_set(set);
  if (!plan) {
    actions_.emplace_back(AnswerSet{ticket, Fail(plan.error())});
    return;
  }
  if (set.dry_run) {
    actions_.emplace_back(AnswerSet{ticket, std::move(plan->reply)});
    return;
  }
  if (plan->empty()) {
    finish_set({ticket, std::move(set), std::move(*plan)}, {});
    return;
  }
  auto mutations = mutations_of(*plan);
  auto told = events_of(set, *plan);
  stage(*plan);
  if (breaks(DeliberateFault::set_in_two_commits) && mutations.size() > 1) {
    commit_as("", {std::move(mutations.back())});
    mutations.pop_back();
  }
  const CommitId id = commit_as("", std::move(mutations), std::move(told));
  sets_.emplace(id, PendingSet{ticket, std::move(set), std::move(*plan)});
}

// The audit lines of a set: one for each jail that it writes.
std::vector<JailEvent> Supervisor::events_of(const WriteSet& set, const SetPlan& plan) const {
  std::vector<JailEvent> events;
  const std::map<std::string, std::string> data{{"by", set.who.by}, {"from", set.who.from}, {"action", "apply"}};
  for (const auto& name : plan.erased) events.push_back(make_event("jail.deleted", name, "is deleted", data));
  for (const auto& record : plan.records) {
    auto its = data;
    its.emplace("generation", std::to_string(record.generation));
    its.emplace("desired", std::string(to_string(record.desired)));
    if (find(record.name) == nullptr) {
      events.push_back(make_event("jail.declared", record.name, "is declared", std::move(its)));
    } else {
      const char* what = record.deleting ? "is to be deleted" : "is changed";
      events.push_back(make_event("jail.changed", record.name, what, std::move(its)));
    }
  }
  return events;
}

void Supervisor::finish_set(PendingSet pending, const Result<void>& result) {
  if (!result) {
    take_back(pending.plan);
    actions_.emplace_back(AnswerSet{pending.ticket, Fail(result.error())});
  } else {
    install(std::move(pending.plan));
    auto reply = std::move(pending.plan.reply);
    reply.settled = true;
    for (const auto& change : reply.changes) {
      const auto* jail = find(change.jail);
      reply.settled = reply.settled && (jail == nullptr || jail->settled());
    }
    for (const auto& member : pending.set.members) {
      const auto* jail = find(member.name);
      reply.settled = reply.settled && jail->settled();
      reply.objects.push_back(jail->object());
    }
    actions_.emplace_back(AnswerSet{pending.ticket, std::move(reply)});
  }
  go_on_with_waiting();
}

// ---- planning: pure looks at the present state

Result<Supervisor::SetPlan> Supervisor::plan_set(const WriteSet& set) const {
  std::vector<FieldError> mistakes;
  Outlook after = outlook_after(set, mistakes);
  if (mistakes.empty()) carry_wishes(set, after, mistakes, now_.wall);
  if (!mistakes.empty()) return Fail(Error{Kind::invalid, mistakes.front().detail, 0, mistakes});
  SetPlan plan;
  hasten_members(set, after, plan);
  plan_erasures(set, after, plan, now_.wall);
  for (const auto* planned : after.in_start_order()) plan_record(set, *planned, plan, now_.wall);
  return plan;
}

// What plan_set() does, cut where it is a walk over all; the graph is looked at as a whole, in a piece for each
// question.
struct Supervisor::Preview {
  Preview(WriteSet wanted, Outlook as_it_is, std::uint64_t inputs_so_far, WallTime at)
      : set(std::move(wanted)), after(std::move(as_it_is)), inputs(inputs_so_far), now(at) {}

  enum class Stage { put, prune, check, loops, wishes, hasten, erasures, order, records, over };
  static constexpr std::size_t members_a_piece = 64;

  WriteSet set;
  Outlook after;
  const std::uint64_t inputs;  // of the supervisor, when it began
  const WallTime now;
  std::vector<FieldError> mistakes;
  SetPlan plan;
  std::vector<const JailRecord*> order;  // of `after`, which changes no more then
  Stage stage = Stage::put;
  std::size_t next = 0;  // of the members, or of `order`

  // `each` for the next few of `count`; then the stage is over.
  void walk(std::size_t count, Stage following, const auto& each) {
    for (const std::size_t end = std::min(count, next + members_a_piece); next < end; ++next) each(next);
    if (next == count) turn_to(following);
  }
  void turn_to(Stage following) {
    stage = following;
    next = 0;
  }
  // After a stage that looks for mistakes.
  void go_on_unless_mistaken(Stage following) { turn_to(mistakes.empty() ? following : Stage::over); }
  [[nodiscard]] Result<SetPlan> take_plan() {
    if (!mistakes.empty()) return Fail(Error{Kind::invalid, mistakes.front().detail, 0, mistakes});
    return std::move(plan);
  }
};

std::shared_ptr<Supervisor::Preview> Supervisor::begin_preview(WriteSet set, Now now) const {
  return std::make_shared<Preview>(std::move(set), outlook(), inputs_, now.wall);
}

Result<SetReply> Supervisor::reply_of(Preview& preview) {
  auto plan = preview.take_plan();
  if (!plan) return Fail(plan.error());
  return std::move(plan->reply);
}

std::vector<Action> Supervisor::carry_out(Ticket ticket, Preview& preview, Now now) {
  now_ = now;
  std::optional<Result<SetPlan>> plan;
  if (preview.inputs == inputs_) plan = preview.take_plan();
  ++inputs_;
  on_set(ticket, std::move(preview.set), std::move(plan));
  return settle();
}

bool Supervisor::go_on(Preview& preview) const {
  using Stage = Preview::Stage;
  const WriteSet& set = preview.set;
  const std::size_t members = set.members.size();
  switch (preview.stage) {
    case Stage::put:
      preview.walk(members, Stage::prune,
                   [&](std::size_t i) { put_member(set, i, preview.after, preview.mistakes, preview.now); });
      break;
    case Stage::prune:
      take_out_pruned(set, preview.after, preview.mistakes);
      preview.turn_to(Stage::check);
      break;
    case Stage::check:
      preview.walk(members, Stage::loops,
                   [&](std::size_t i) { check_member(set, i, preview.after, preview.mistakes); });
      break;
    case Stage::loops:
      check_loops(set, preview.after, preview.mistakes);
      preview.go_on_unless_mistaken(Stage::wishes);
      break;
    case Stage::wishes:
      carry_wishes(set, preview.after, preview.mistakes, preview.now);
      preview.go_on_unless_mistaken(Stage::hasten);
      break;
    case Stage::hasten:
      hasten_members(set, preview.after, preview.plan);
      preview.turn_to(Stage::erasures);
      break;
    case Stage::erasures:
      plan_erasures(set, preview.after, preview.plan, preview.now);
      preview.turn_to(Stage::order);
      break;
    case Stage::order:
      preview.order = preview.after.in_start_order();
      preview.turn_to(Stage::records);
      break;
    case Stage::records:
      preview.walk(preview.order.size(), Stage::over,
                   [&](std::size_t i) { plan_record(set, *preview.order[i], preview.plan, preview.now); });
      break;
    case Stage::over: break;
  }
  return preview.stage == Stage::over;
}

std::vector<FieldError> Supervisor::mistakes_among_jails(const WriteSet& set) const {
  std::vector<FieldError> mistakes;
  outlook_after(set, mistakes);
  return mistakes;
}

Outlook Supervisor::outlook_after(const WriteSet& set, std::vector<FieldError>& mistakes) const {
  Outlook after = outlook();
  for (std::size_t i = 0; i < set.members.size(); ++i) put_member(set, i, after, mistakes, now_.wall);
  take_out_pruned(set, after, mistakes);
  for (std::size_t i = 0; i < set.members.size(); ++i) check_member(set, i, after, mistakes);
  check_loops(set, after, mistakes);
  return after;
}

void Supervisor::put_member(const WriteSet& set, std::size_t place, Outlook& after, std::vector<FieldError>& mistakes,
                            WallTime now) const {
  const auto& member = set.members[place];
  const auto* jail = find(member.name);
  if (jail == nullptr && foreign_.contains(member.name)) {
    mistakes.push_back({place_of(place) + "/name", member.name + " runs, but jaild did not make it: adopt it first"});
  }
  if (jail != nullptr && jail->record().deleting) {
    mistakes.push_back({place_of(place) + "/name", member.name + " is being deleted"});
  }
  if (!has_labels(member.spec, set.prune)) {
    mistakes.push_back({place_of(place) + "/spec/labels",
                        "has not the labels that prune names: with the next set that "
                        "leaves " +
                            member.name + " out, it would stay"});
  }
  JailRecord record;
  if (jail != nullptr) record = jail->record();
  record.name = member.name;
  const bool changed = jail == nullptr || record.spec != member.spec;
  const Desired desired = member.desired.value_or(record.desired);
  if (jail != nullptr && changed) ++record.generation;
  if (changed || desired != record.desired) wish_anew(record, desired, set.who.by, now);
  record.spec = member.spec;
  after.put(std::move(record));
}

void Supervisor::take_out_pruned(const WriteSet& set, Outlook& after, std::vector<FieldError>& mistakes) const {
  if (set.prune.empty()) return;
  std::vector<std::string> pruned;
  for (const auto& [name, jail] : jails_) {
    const auto& record = jail->record();
    const bool member = after.changed().contains(name);
    if (!member && !record.deleting && has_labels(record.spec, set.prune)) pruned.push_back(name);
  }
  for (const auto& name : pruned) after.take_out(name);
  for (const auto& name : pruned) {
    for (const auto& dependant : after.dependants_of(name)) {
      if (after.changed().contains(dependant)) continue;  // a member is told at its own place
      mistakes.push_back({"/prune", name + " cannot be deleted: " + dependant + ", outside of the set, depends on it"});
    }
  }
}

// start wishes the dependencies running too, stop the dependants stopped too, as with a write of one jail. What the set
// says of a jail outright is not changed by what it says of another: the two must agree.
void Supervisor::carry_wishes(const WriteSet& set, Outlook& after, std::vector<FieldError>& mistakes,
                              WallTime now) const {
  const auto places = places_of(set);
  const auto said = [&](const std::string& name) {
    const auto place = places.find(name);
    return place == places.end() ? std::nullopt : set.members[place->second].desired;
  };
  const auto wish = [&](const std::vector<std::string>& names, Desired desired) {
    const auto next = [&](const std::string& each) {
      return desired == Desired::running ? after.dependencies_of(each) : after.dependants_of(each);
    };
    for (const auto& each : closure(names, next)) {
      const auto* record = after.find(each);
      if (record == nullptr || agrees(*record, desired)) continue;
      if (const auto wanted = said(each); wanted && *wanted != desired) {
        mistakes.push_back({place_of(places.at(each)) + "/desired",
                            each + (desired == Desired::running ? " is needed by a jail that is to run"
                                                                : " needs a jail that is to be stopped")});
        continue;
      }
      JailRecord changed = *record;
      wish_anew(changed, desired, set.who.by, now);
      after.put(std::move(changed));
    }
  };
  const auto members = [&](auto which) {
    std::vector<std::string> names;
    for (const auto& member : set.members) {
      if (which(member)) names.push_back(member.name);
    }
    return names;
  };
  wish(members([](const auto& each) { return each.desired == Desired::stopped; }), Desired::stopped);
  if (!mistakes.empty()) return;
  wish(members([&](const auto& each) { return after.find(each.name)->desired == Desired::running; }), Desired::running);
}

// Members that are wished up, and what they need, are tried now where they wait for the end of a delay.
void Supervisor::hasten_members(const WriteSet& set, Outlook& after, SetPlan& plan) const {
  std::vector<std::string> names;
  for (const auto& member : set.members) {
    if (after.find(member.name)->desired == Desired::running) names.push_back(member.name);
  }
  const auto needed = closure(names, [&](const std::string& each) { return after.dependencies_of(each); });
  names.insert(names.end(), needed.begin(), needed.end());
  plan.tries.insert(names.begin(), names.end());
  for (const auto& each : names) {
    const auto* jail = find(each);
    const auto* record = after.find(each);
    if (jail == nullptr || record == nullptr || !jail->waits() || *record != jail->record())
      continue;  // written anyway
    after.put(hastened(each).value_or(jail->record()));
  }
}

// What goes, dependants first.
void Supervisor::plan_erasures(const WriteSet& set, const Outlook& after, SetPlan& plan, WallTime now) const {
  std::vector<std::string> names;
  for (const auto& [name, record] : after.changed()) {
    if (!record) names.push_back(name);
  }
  const auto order = in_start_order(
      names,
      [this](const std::string& name) {
        const auto* jail = find(name);
        return jail == nullptr ? std::vector<std::string>{} : dependencies_of(name, jail->record().spec);
      },
      [](const std::string&) { return 0; });
  for (auto name = order.rbegin(); name != order.rend(); ++name) {
    const auto planned = after.changed().find(*name);
    if (planned == after.changed().end() || planned->second) continue;
    const auto* jail = find(*name);
    if (jail == nullptr) continue;  // gone since the preview began
    describe_erase(*jail, options_.timeouts, plan.reply.changes);
    if (!jail->has_run() && jail->activity() == Activity::idle) {
      plan.erased.push_back(*name);
      continue;
    }
    JailRecord record = jail->record();
    record.deleting = true;
    record.desired = Desired::stopped;
    record.by = set.who.by;
    record.updated_at = now;
    plan.records.push_back(std::move(record));
  }
}

// One that is written and stays; in the order of its start.
void Supervisor::plan_record(const WriteSet& set, const JailRecord& planned, SetPlan& plan, WallTime now) const {
  JailRecord record = planned;
  const auto* jail = find(record.name);
  const bool restart = set.restart && jail != nullptr && jail->has_run() && record.desired == Desired::running &&
                       !diff_specs(jail->run()->spec, record.spec, options_.ways.changes_live).restart.empty();
  if (jail != nullptr && jail->record() == record) {
    if (!restart && jail->waits() && plan.tries.contains(record.name)) {  // tried, and nothing is to be written
      describe_record(record, jail, false, options_.timeouts, options_.ways, plan.reply.changes);
    }
    if (!restart) return;
    wish_anew(record, record.desired, set.who.by, now);  // what was pending
  }
  if (restart) plan.restarts.insert(record.name);
  describe_record(record, jail, restart, options_.timeouts, options_.ways, plan.reply.changes);
  plan.records.push_back(std::move(record));
}

}  // namespace jaild::core
