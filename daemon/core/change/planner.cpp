#include "daemon/core/change/planner.h"

#include <algorithm>
#include <utility>

#include "daemon/core/change/effects.h"
#include "daemon/core/deliberate_fault.h"
#include "daemon/core/spec_diff.h"
#include "daemon/core/start_order.h"

namespace jaild::core {
const Lifecycle* Present::find(const std::string& name) const {
  const auto jail = jails.find(name);
  return jail == jails.end() ? nullptr : jail->second.get();
}

Planner::Planner(ChangeRequest request, const Present& present, WallTime now)
    : request_(std::move(request)),
      present_(present),
      now_(now),
      after_(
          [this](const std::string& name) {
            const auto* jail = present_.find(name);
            return jail == nullptr || jail->record().deleting ? nullptr : &jail->record();
          },
          present.index) {
  for (std::size_t i = 0; i < request_.changes.size(); ++i) places_.emplace(request_.changes[i].name, i);
}

bool Planner::is_one_piece(const ChangeRequest& request, std::size_t piece) {
  return request.changes.size() <= piece && request.prune.empty();
}

void Planner::walk(std::size_t count, Stage following, const auto& each) {
  for (const std::size_t end = std::min(count, next_ + present_.piece); next_ < end; ++next_) each(next_);
  if (next_ == count) turn_to(following);
}

// Where something is wrong, the plan ends when all that can be told of it is known.
void Planner::turn_to(Stage following) {
  const bool told = following > Stage::loops && !mistakes_.empty();
  stage_ = refusal_ || told ? Stage::over : following;
  next_ = 0;
}

bool Planner::go_on() {
  const std::size_t changes = request_.changes.size();
  switch (stage_) {
    case Stage::put: walk(changes, Stage::prune, [this](std::size_t place) { put(place); }); break;
    case Stage::prune:
      take_out_pruned();
      turn_to(Stage::check);
      break;
    case Stage::check: walk(changes, Stage::loops, [this](std::size_t place) { check(place); }); break;
    case Stage::loops:
      check_loops();
      turn_to(Stage::wishes);
      break;
    case Stage::wishes:
      carry_wishes();
      turn_to(Stage::hasten);
      break;
    case Stage::hasten:
      hasten();
      turn_to(Stage::erasures);
      break;
    case Stage::erasures:
      plan_erasures();
      turn_to(Stage::order);
      break;
    case Stage::order:
      order_ = after_.in_start_order();
      turn_to(Stage::stops);
      break;
    case Stage::stops:  // dependants go down first
      walk(order_.size(), Stage::records, [this](std::size_t i) { plan_stop(*order_[order_.size() - 1 - i]); });
      break;
    case Stage::records: walk(order_.size(), Stage::over, [this](std::size_t i) { plan_rest(*order_[i]); }); break;
    case Stage::over: break;
  }
  return stage_ == Stage::over;
}

Result<Plan> Planner::finish() {
  if (refusal_) return Fail(*refusal_);
  if (!mistakes_.empty()) return Fail(Error{Kind::invalid, mistakes_.front().detail, 0, std::move(mistakes_)});
  return std::move(plan_);
}

std::vector<FieldError> Planner::mistakes() {
  for (std::size_t place = 0; place < request_.changes.size(); ++place) put(place);
  take_out_pruned();
  for (std::size_t place = 0; place < request_.changes.size(); ++place) check(place);
  check_loops();
  return std::move(mistakes_);
}

std::string Planner::pointer_to(std::size_t place) const {
  return jaild::pointer_to(request_, place);
}

void Planner::refuse(std::size_t place, Error error) {
  if (request_.is_set) {
    mistakes_.push_back({pointer_to(place) + "/name", std::move(error.message)});
  } else {
    refusal_ = std::move(error);
  }
}

void Planner::check(std::size_t place) {
  const Change& change = request_.changes[place];
  const bool declares = std::holds_alternative<Put>(change.what) || std::holds_alternative<Adopt>(change.what);
  if (!declares || !after_.changed().contains(change.name)) return;
  for (const auto& mistake : after_.mistakes(change.name)) {
    mistakes_.push_back({pointer_to(place) + mistake.pointer, mistake.detail});
  }
}

void Planner::check_loops() {
  std::vector<std::string> names;
  for (const auto& change : request_.changes) {
    if (std::holds_alternative<Put>(change.what)) names.push_back(change.name);
  }
  for (const auto& loop : after_.loops(names)) {
    // What is declared has no loop, so each of these passes through a change.
    const auto member = std::ranges::find_if(loop, [&](const auto& each) { return places_.contains(each); });
    const auto mistake = loop_mistake(loop);
    const std::string base = member == loop.end() ? "" : pointer_to(places_.at(*member));
    mistakes_.push_back({base + mistake.pointer, mistake.detail});
  }
}

// What the request says of a jail outright, which is not changed by what it says of another: the two must agree.
std::optional<Desired> Planner::said_of(const std::string& name) const {
  const auto place = places_.find(name);
  if (place == places_.end()) return std::nullopt;
  const auto& what = request_.changes[place->second].what;
  if (const auto* wanted = std::get_if<Put>(&what)) return wanted->desired;
  if (const auto* wish = std::get_if<SetDesired>(&what)) return wish->desired;
  if (std::holds_alternative<Restart>(what)) return Desired::running;
  return std::nullopt;
}

// start wishes the dependencies running too, stop the dependants stopped too.
void Planner::carry_wishes() {
  std::vector<std::string> down;
  for (const auto& change : request_.changes) {
    if (said_of(change.name) == Desired::stopped) down.push_back(change.name);
  }
  carry_wish(down, Desired::stopped);
  if (!mistakes_.empty()) return;
  std::vector<std::string> up;
  for (const auto& change : request_.changes) {
    const auto* record = after_.find(change.name);
    if (record != nullptr && record->desired == Desired::running) up.push_back(change.name);
  }
  carry_wish(up, Desired::running);
}

void Planner::carry_wish(const std::vector<std::string>& names, Desired desired) {
  const bool up = desired == Desired::running;
  const auto next = [&](const std::string& each) {
    return up ? after_.dependencies_of(each) : after_.dependants_of(each);
  };
  for (const auto& each : closure(names, next)) {
    const auto* record = after_.find(each);
    if (record == nullptr || agrees(*record, desired)) continue;
    if (const auto wanted = said_of(each); wanted && *wanted != desired) {
      mistakes_.push_back(
          {pointer_to(places_.at(each)) + "/desired",
           each + (up ? " is needed by a jail that is to run" : " needs a jail that is to be stopped")});
      continue;
    }
    JailRecord changed = *record;
    wish_anew(changed, desired, request_.who.by, now_);
    after_.put(std::move(changed));
  }
}

// What is wished up, and what it needs, is tried now where it waits for the end of a delay.
void Planner::hasten() {
  std::vector<std::string> names;
  for (const auto& change : request_.changes) {
    const auto* record = after_.find(change.name);
    if (record != nullptr && record->desired == Desired::running) names.push_back(change.name);
  }
  const auto needed = closure(names, [&](const std::string& each) { return after_.dependencies_of(each); });
  names.insert(names.end(), needed.begin(), needed.end());
  plan_.tries.insert(names.begin(), names.end());
  for (const auto& each : names) {
    const auto* jail = present_.find(each);
    const auto* record = after_.find(each);
    if (jail == nullptr || record == nullptr || !jail->waits() || *record != jail->record())
      continue;  // written anyway
    after_.put(hastened(*jail).value_or(jail->record()));
  }
}

// What goes, dependants first.
void Planner::plan_erasures() {
  std::vector<std::string> names;
  for (const auto& [name, record] : after_.changed()) {
    if (!record) names.push_back(name);
  }
  const auto needs = [this](const std::string& name) {
    const auto* jail = present_.find(name);
    return jail == nullptr ? std::vector<std::string>{} : dependencies_of(name, jail->record().spec);
  };
  const auto order = in_start_order(names, needs, [](const std::string&) { return 0; });
  for (auto name = order.rbegin(); name != order.rend(); ++name) {
    const auto planned = after_.changed().find(*name);
    if (planned == after_.changed().end() || planned->second) continue;
    const auto* jail = present_.find(*name);
    if (jail == nullptr) continue;  // gone since the plan began
    if (describes()) describe_erase(*jail, present_.timeouts, plan_.effects);
    const bool down = !jail->has_run() && jail->activity() == Activity::idle;
    if (down || breaks(DeliberateFault::deleted_before_stop)) {
      plan_.erased.push_back(*name);
    } else {
      plan_.records.push_back(to_be_erased(jail->record(), request_.who.by, now_));
    }
  }
}

bool Planner::stops(const JailRecord& planned) const {
  const auto* jail = present_.find(planned.name);
  return planned.desired == Desired::stopped && jail != nullptr && jail->has_run();
}

void Planner::plan_stop(const JailRecord& planned) {
  if (stops(planned)) plan_record(planned);
}

void Planner::plan_rest(const JailRecord& planned) {
  if (!stops(planned)) plan_record(planned);
}

// One that is written and stays.
void Planner::plan_record(const JailRecord& planned) {
  JailRecord record = planned;
  const auto* jail = present_.find(record.name);
  const bool changes_late = request_.restart && jail != nullptr && jail->has_run() &&
                            record.desired == Desired::running &&
                            !diff_specs(jail->run()->spec, record.spec, present_.ways.changes_live).restart.empty();
  const bool restart = changes_late || restarts_.contains(record.name);
  const auto describe = [&] {
    if (describes()) describe_record(record, jail, restart, present_.timeouts, present_.ways, plan_.effects);
  };
  if (jail != nullptr && jail->record() == record) {
    if (!restart) {
      if (jail->waits() && plan_.tries.contains(record.name)) describe();  // tried, and nothing is to be written
      return;
    }
    wish_anew(record, record.desired, request_.who.by, now_);  // what was pending
  }
  if (restart) plan_.restarts.insert(record.name);
  if (plan_.run && plan_.run->key.name == record.name) {
    if (describes()) describe_adoption(record.name, record.spec, plan_.effects);
  } else {
    describe();
  }
  plan_.records.push_back(std::move(record));
}

std::optional<JailRecord> hastened(const Lifecycle& jail) {
  if (!jail.waits() || !jail.record().restart.next_try_at) return std::nullopt;
  JailRecord record = jail.record();
  record.restart.next_try_at.reset();
  return record;
}

void catch_up(JailRecord& planned, const JailRecord& present) {
  planned.restarts = present.restarts;
  planned.last_exit = present.last_exit;
  if (planned.updated_at != present.updated_at) return;  // a new wish clears the rest
  planned.finished = present.finished;
  planned.failure = present.failure;
  planned.restart = present.restart;
  planned.restart.next_try_at.reset();
}

}  // namespace jaild::core
