// Requests to change jails: planned against all of them, made durable in one transaction, then acted on. One road for
// all that is asked for, see change/planner.h.
#include <algorithm>
#include <utility>

#include "daemon/core/deliberate_fault.h"
#include "daemon/core/start_order.h"
#include "daemon/core/supervisor.h"

namespace jaild::core {

void Supervisor::take(ChangeRequested request) {
  const bool adopts = std::ranges::any_of(request.request.changes,
                                          [](const Change& each) { return std::holds_alternative<Adopt>(each.what); });
  if (!adopts) {
    begin_change(request.ticket, std::move(request.request));
  } else if (adoptions_.size() >= waiting_requests_max) {
    actions_.emplace_back(Answer{request.ticket, Fail(Kind::overloaded, "too many adoptions wait")});
  } else {  // decided on what is now, not on what the last sweep saw
    adoptions_.emplace_back(request.ticket, std::move(request.request));
    look_around();
  }
}

void Supervisor::answer_adoptions(const Result<Survey>& survey) {
  for (auto& [ticket, request] : std::exchange(adoptions_, {})) {
    if (survey) {
      begin_change(ticket, std::move(request));
    } else {
      actions_.emplace_back(Answer{ticket, Fail(survey.error().in("looking at the kernel's jails"))});
    }
  }
}

namespace {

bool asks_for_start(const ChangeRequest& request) {
  return std::ranges::any_of(request.changes, [](const Change& change) {
    const auto* wish = std::get_if<SetDesired>(&change.what);
    return std::holds_alternative<Restart>(change.what) || (wish != nullptr && wish->desired == Desired::running);
  });
}

}  // namespace

void Supervisor::begin_change(Ticket ticket, ChangeRequest request) {
  const bool waits = !request.dry_run && must_wait(request);
  if (const auto error = refusal(request.dry_run, waits)) {
    actions_.emplace_back(Answer{ticket, Fail(*error)});
    return;
  }
  if (waits) {
    waiting_sets_ += request.is_set ? 1 : 0;
    for (const auto& change : request.changes) waiting_names_.insert(change.name);
    waiting_.emplace_back(ticket, std::move(request));
    return;
  }
  const bool at_once = Planner::is_one_piece(request, options_.piece);
  if (!at_once && !request.dry_run) large_ = ticket;
  plans_[ticket] = std::make_unique<Planner>(std::move(request), present_, now_.wall);
  if (at_once) {
    finish_plan(ticket);
  } else {
    actions_.emplace_back(ContinuePlan{ticket});
  }
}

void Supervisor::take(PlanContinued plan) {
  const auto found = plans_.find(plan.ticket);
  if (found == plans_.end()) return;
  if (found->second->go_on()) {
    finish_plan(plan.ticket);
  } else {
    actions_.emplace_back(ContinuePlan{plan.ticket});
  }
}

void Supervisor::finish_plan(Ticket ticket) {
  auto planner = std::move(plans_.extract(ticket).mapped());
  while (!planner->go_on()) {
  }
  auto plan = planner->finish();
  const bool large = large_ == ticket;
  if (large) large_ = 0;
  if (!plan || planner->request().dry_run) {
    ChangeReply reply;
    if (plan) reply.effects = std::move(plan->effects);
    actions_.emplace_back(Answer{ticket, plan ? Result<ChangeReply>(std::move(reply)) : Fail(plan.error())});
    if (large) go_on_with_waiting();
  } else {
    if (large) catch_up(*plan);
    store_plan({ticket, planner->take_request(), std::move(*plan)});
  }
}

// What happened to its jails while it was made.
void Supervisor::catch_up(Plan& plan) const {
  for (auto& record : plan.records) {
    if (const auto* jail = find(record.name)) core::catch_up(record, jail->record());
  }
  std::erase_if(plan.erased, [&](const std::string& name) {
    const auto* jail = find(name);
    const bool up = jail != nullptr && (jail->has_run() || jail->activity() != Activity::idle);
    if (up) plan.records.push_back(to_be_erased(jail->record(), jail->record().by, now_.wall));
    return up;
  });
}

void Supervisor::store_plan(PendingChange pending) {
  Plan& plan = pending.plan;
  if (shutdown_over_ && asks_for_start(pending.request)) forget_shutdown();
  if (plan.empty()) {
    finish_change(std::move(pending), {});
    return;
  }
  if (plan.run) plan.run->key.run = next_run();
  auto mutations = mutations_of(plan);
  stage(plan);
  if (plan.records.size() > options_.piece) {  // its events are a piece of their own
    prepared_.push_back({std::move(pending), std::move(mutations)});
  } else {
    commit_plan(std::move(pending), std::move(mutations));
  }
}

void Supervisor::commit_plan(PendingChange pending, std::vector<Mutation> mutations) {
  auto told = events_of(pending);
  if (breaks(DeliberateFault::answered_before_commit)) {
    commit_as("", std::move(mutations), std::move(told));
    finish_change(std::move(pending), {});
    return;
  }
  if (breaks(DeliberateFault::set_in_two_commits) && pending.request.is_set && mutations.size() > 1) {
    commit_as("", {std::move(mutations.back())});
    mutations.pop_back();
  }
  const CommitId id = commit_as("", std::move(mutations), std::move(told));
  changes_.emplace(id, std::move(pending));
}

// The other jails that a request for one takes along, in words.
std::string Supervisor::taken_along(const PendingChange& pending) {
  if (pending.request.is_set) return {};
  std::string names;
  for (const auto& record : pending.plan.records) {
    if (record.name == pending.request.changes.front().name) continue;
    names += (names.empty() ? "" : " ") + record.name;
  }
  return names;
}

// The audit lines: for each jail that is written who, from where, what, which generation.
std::vector<JailEvent> Supervisor::events_of(const PendingChange& pending) const {
  const ChangeRequest& request = pending.request;
  const std::string action(request.is_set ? "apply" : verb_of(request.changes.front()));
  const std::map<std::string, std::string> data{{"by", request.who.by}, {"from", request.who.from}, {"action", action}};
  std::vector<JailEvent> events;
  for (const auto& name : pending.plan.erased)
    events.push_back(make_event(EventType::jail_deleted, name, "is deleted", data));
  const std::string also = taken_along(pending);
  for (const auto& record : pending.plan.records) {
    auto its = data;
    if (!request.is_set && record.name == request.changes.front().name) its.emplace("also", also);
    its.emplace("generation", std::to_string(record.generation));
    its.emplace("desired", std::string(to_string(record.desired)));
    if (find(record.name) == nullptr) {
      events.push_back(make_event(EventType::jail_declared, record.name, "is declared", std::move(its)));
    } else {
      const char* what = record.deleting ? "is to be deleted" : "is changed";
      events.push_back(make_event(EventType::jail_changed, record.name, what, std::move(its)));
    }
  }
  return events;
}

void Supervisor::finish_change(PendingChange pending, const Result<void>& result) {
  if (!result) {
    take_back(pending.plan);
    actions_.emplace_back(Answer{pending.ticket, Fail(result.error())});
  } else {
    auto reply = begin_reply(pending);
    const Plan& plan = pending.plan;
    if (plan.records.size() + plan.erased.size() > options_.piece) {
      std::unordered_set<std::string> names(plan.erased.begin(), plan.erased.end());
      for (const auto& record : plan.records) names.insert(record.name);
      installing_.push_back({std::move(pending), std::move(reply), std::move(names)});
    } else {
      install(std::move(pending.plan));
      evaluate_dirty();
      answer(std::move(pending), std::move(reply));
    }
  }
  tell();
  if (!goes_on_) go_on_with_waiting();
}

// A set of thousands is put in force a few jails at a time; what is not yet is still on its way, so that the jails' own
// commits wait for it.
void Supervisor::install_piece() {
  Plan& whole = installing_.front().pending.plan;
  Plan part;
  for (; !whole.erased.empty() && part.erased.size() < options_.piece; whole.erased.pop_back()) {
    part.erased.push_back(std::move(whole.erased.back()));
  }
  for (std::size_t& next = installing_.front().next;
       next < whole.records.size() && part.erased.size() + part.records.size() < options_.piece; ++next) {
    JailRecord& record = whole.records[next];
    if (whole.restarts.contains(record.name)) part.restarts.insert(record.name);
    if (whole.tries.erase(record.name) > 0) part.tries.insert(record.name);
    part.records.push_back(std::move(record));
  }
  const bool last = whole.erased.empty() && installing_.front().next == whole.records.size();
  if (last) {
    part.tries.merge(whole.tries);
    part.run = std::move(whole.run);
  }
  install(std::move(part));
  if (!last) return;
  auto done = std::move(installing_.front());
  installing_.pop_front();
  dirty_.insert(done.names.begin(), done.names.end());
  evaluate_dirty();
  answer(std::move(done.pending), std::move(done.reply));
}

void Supervisor::answer(PendingChange pending, ChangeReply reply) {
  reply.settled = std::ranges::all_of(reply.jails, [this](const std::string& name) {
    const auto* jail = find(name);
    return jail == nullptr || jail->settled();
  });
  PendingAnswer answer{pending.ticket, std::move(reply), {}};
  for (auto& change : pending.request.changes) answer.names.push_back(std::move(change.name));
  answers_.push_back(std::move(answer));
}

// Of a set also those that it takes along are waited for.
ChangeReply Supervisor::begin_reply(PendingChange& pending) {
  Plan& plan = pending.plan;
  std::set<std::string> names(plan.erased.begin(), plan.erased.end());
  for (const auto& change : pending.request.changes) names.insert(change.name);
  if (pending.request.is_set) {
    for (const auto& record : plan.records) names.insert(record.name);
  }
  ChangeReply reply;
  reply.jails.assign(names.begin(), names.end());
  reply.effects = std::move(plan.effects);
  reply.created = plan.created;
  return reply;
}

// ---- who waits for whom ----

// A graph in motion is not a graph to check against: near what is on its way to the disk nothing is planned.
bool Supervisor::must_wait(const ChangeRequest& request) const {
  if (boot_unrecorded_ || waiting_sets_ > 0 || large_ != 0 || goes_on_) return true;
  // Nobody overtakes an earlier request about the same jail.
  const auto is_waited_for = [this](const Change& change) { return waiting_names_.contains(change.name); };
  if (std::ranges::any_of(request.changes, is_waited_for)) return true;
  if (staged_.empty()) return false;
  if (!request.prune.empty()) return true;
  std::vector<std::string> names;
  for (const auto& change : request.changes) {
    names.push_back(change.name);
    const auto* wanted = std::get_if<Put>(&change.what);
    if (wanted == nullptr) continue;
    for (auto& each : dependencies_of(change.name, wanted->spec)) names.push_back(std::move(each));
  }
  const auto is_staged = [this](const std::string& each) { return staged_.contains(each); };
  const auto needs = [this](const std::string& each) {
    const auto* jail = find(each);
    return jail == nullptr ? std::vector<std::string>{} : dependencies_of(each, jail->record().spec);
  };
  return std::ranges::any_of(names, is_staged) || std::ranges::any_of(closure(names, needs), is_staged) ||
         std::ranges::any_of(closure(names, [this](const std::string& each) { return dependants_of(each); }),
                             is_staged);
}

std::optional<Error> Supervisor::refusal(bool dry_run, bool waits) const {
  if (!dry_run && boot_unrecorded_ && boot_commit_ == 0) {
    return Error{Kind::unavailable, "the boot of the host cannot be recorded; is the disk full?", 0, {}};
  }
  if (waits && waiting_.size() >= waiting_requests_max) {
    return Error{Kind::overloaded, "too many writes wait for earlier ones", 0, {}};
  }
  return std::nullopt;
}

// One pass over those that wait: each goes ahead, fails, or waits on.
void Supervisor::go_on_with_waiting() {
  waiting_sets_ = 0;
  waiting_names_.clear();
  for (auto& [ticket, request] : std::exchange(waiting_, {})) begin_change(ticket, std::move(request));
}

void Supervisor::refuse_waiting(const Error& error) {
  waiting_sets_ = 0;
  waiting_names_.clear();
  for (const auto& [ticket, request] : std::exchange(waiting_, {})) {
    actions_.emplace_back(Answer{ticket, Fail(error)});
  }
}

// ---- questions ----

std::vector<FieldError> Supervisor::mistakes_among_jails(ChangeRequest request) const {
  return Planner(std::move(request), present_, now_.wall).mistakes();
}

}  // namespace jaild::core
