#include "daemon/core/supervisor.h"

#include <algorithm>
#include <charconv>

#include "daemon/core/deliberate_fault.h"
#include "daemon/core/start_order.h"

namespace jaild::core {

Supervisor::Supervisor(SupervisorOptions options) : options_(std::move(options)), random_(options_.seed) {}

// ---- inputs
// -----------------------------------------------------------------------------------------------------------

std::vector<Action> Supervisor::on_input(Input input, Now now) {
  now_ = now;
  std::visit([this](auto&& each) { take(std::move(each)); }, std::move(input));
  return settle();
}

void Supervisor::take(Tick) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_.mono) {
    dirty_.insert(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
  }
  if (boot_unrecorded_ && boot_commit_ == 0 && now_.mono >= next_boot_try_) record_boot();
  if (shutdown_over_ && now_.mono >= *shutdown_over_) end_shutdown();
  if (events_due_ && now_.mono >= *events_due_) save_events();
  if (now_.mono >= next_sweep_) look_around();
}

void Supervisor::look_around() {
  if (looking_around_) return;
  looking_around_ = true;
  look_began_ = now_.mono;
  next_sweep_ = now_.mono + sweep_interval;
  actions_.emplace_back(LookAround{});
}

void Supervisor::take(OpDone done) {
  const auto owner = op_owners_.find(done.id);
  if (owner == op_owners_.end()) return;  // nobody waits for it: the end of an orphaned monitor
  const std::string name = std::move(owner->second);
  op_owners_.erase(owner);
  if (auto* jail = lifecycle(name)) jail->on_done(done.id, std::move(done.result));
}

void Supervisor::take(Event event) {
  const auto look_soon = [this] { next_sweep_ = std::min(next_sweep_, now_.mono + std::chrono::seconds{1}); };
  if (const auto* exited = std::get_if<MainExited>(&event)) {
    if (auto* jail = lifecycle(exited->key.name)) jail->on_main_exited(*exited);
  } else if (const auto* empty = std::get_if<JailEmpty>(&event)) {
    if (auto* jail = lifecycle(empty->key.name)) jail->on_empty(empty->key);
  } else if (const auto* gone = std::get_if<JailGone>(&event)) {
    if (auto* jail = lifecycle(gone->name)) jail->on_gone(gone->jid);
    foreign_.erase(gone->name);
  } else if (const auto* lost = std::get_if<MonitorLost>(&event)) {
    if (lost->key.name.empty()) look_soon();  // it never told whose it was: the kernel's look shows who has none
    if (auto* jail = lifecycle(lost->key.name)) jail->on_monitor_lost(lost->key);
  } else if (const auto* hit = std::get_if<LimitHit>(&event)) {
    if (auto* jail = lifecycle(hit->name)) {
      jail->count_limit_hit(hit->resource);
      publish(EventType::jail_limit_hit, hit->name, "reached its limit of " + std::string(to_string(hit->resource)),
              {{"resource", std::string(to_string(hit->resource))}});
    }
  } else if (const auto* told = std::get_if<LogTold>(&event)) {
    if (auto* jail = lifecycle(told->key.name)) jail->on_log_told(told->key, told->trouble);
  } else if (std::holds_alternative<JailChanged>(event)) {
    look_soon();
  }
}

void Supervisor::take(Committed committed) {
  conclude_events(committed.id, committed.result.has_value());
  if (committed.id == boot_commit_) {
    on_boot_recorded(committed.result);
    return;
  }
  if (const auto change = changes_.find(committed.id); change != changes_.end()) {
    PendingChange pending = std::move(change->second);
    changes_.erase(change);
    finish_change(std::move(pending), committed.result);
    return;
  }
  if (const auto record = records_.find(committed.id); record != records_.end()) {
    Result<ChangeReply> reply{ChangeReply{}};
    if (!committed.result) reply = Fail(committed.result.error());
    actions_.emplace_back(Answer{record->second, std::move(reply)});
    records_.erase(record);
    return;
  }
  const auto owner = commit_owners_.find(committed.id);
  if (owner == commit_owners_.end()) return;
  const std::string name = std::move(owner->second);
  commit_owners_.erase(owner);
  auto* jail = lifecycle(name);
  if (jail == nullptr) return;
  jail->on_committed(committed.id, committed.result);
  if (jail->record().deleting && !jail->has_run() && jail->activity() == Activity::idle) remove(name);
}

void Supervisor::take(RecordRequested request) {
  std::vector<JailEvent> told;
  if (request.type) {
    told.push_back(make_event(*request.type, request.jail, std::move(request.message), std::move(request.data)));
  }
  std::vector<Mutation> mutations;
  if (request.what) mutations.push_back(std::move(*request.what));
  records_.emplace(commit_as("", std::move(mutations), std::move(told)), request.ticket);
}

void Supervisor::take(Surveyed surveyed) {
  looking_around_ = false;
  if (surveyed.survey) observe(*surveyed.survey);
  answer_adoptions(surveyed.survey);
}

void Supervisor::take(ReadinessChanged change) {
  if (auto* jail = lifecycle(change.key.name))
    jail->on_readiness(change.key, change.ready, change.restart, change.reason);
}

void Supervisor::take(ShutdownRequested request) {
  publish(EventType::daemon_shutdown, "", "the host shuts down: all jails are stopped", {});
  // A jaild that takes over from this one meanwhile starts nothing either.
  const auto until = now_.wall + request.budget + shutdown_slack;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(until.time_since_epoch()).count();
  commit_as("", {PutMeta{"shutdown", options_.boot_id + " " + std::to_string(seconds)}});
  shutdown_over_.reset();  // that of an earlier jaild: this one has heard it itself
  go_down();
}

void Supervisor::go_down() {
  going_down_ = true;
  for (const auto& [name, jail] : jails_) {
    jail->host_goes_down();
    dirty_.insert(name);
  }
}

// A jaild before this one was told that the host goes down. It does, or the time for it is over: somebody went to
// single user mode and came back.
void Supervisor::resume_shutdown(const std::map<std::string, std::string>& meta) {
  const auto noted = meta.find("shutdown");
  const std::string prefix = options_.boot_id + " ";
  if (noted == meta.end() || !noted->second.starts_with(prefix)) return;
  std::int64_t until = 0;
  const char* end = noted->second.data() + noted->second.size();
  std::from_chars(noted->second.data() + prefix.size(), end, until);
  const auto left = std::chrono::seconds{until} - now_.wall.time_since_epoch();
  if (left <= std::chrono::seconds{0}) return;
  shutdown_over_ = now_.mono + std::min<MonoTime>(left, shutdown_longest);
  go_down();
}

// Who asks for a start knows better than a shutdown that an earlier jaild was told of. A shutdown that this one heard
// of itself stands.
void Supervisor::forget_shutdown() {
  end_shutdown();
  commit_as("", {PutMeta{"shutdown", ""}});
}

void Supervisor::end_shutdown() {
  shutdown_over_.reset();
  going_down_ = false;
  for (const auto& [name, jail] : jails_) {
    jail->host_stays_up();
    dirty_.insert(name);
  }
}

void Supervisor::set_pace(const Timeouts& timeouts, int parallel_starts) {
  options_.timeouts = timeouts;
  options_.parallel_starts = parallel_starts;
}

std::vector<Action> Supervisor::settle() {
  evaluate_dirty();
  tell();
  return std::exchange(actions_, {});
}

void Supervisor::evaluate_dirty() {
  const auto slots = static_cast<std::size_t>(std::max(options_.parallel_starts, 1));
  while (!dirty_.empty() || (starting_.size() < slots && !slot_waiters_.empty())) {
    if (dirty_.empty()) {  // a slot is free: the best of those that wait for one
      dirty_.insert(slot_waiters_.begin()->second);
      slot_waiters_.erase(slot_waiters_.begin());
    }
    // Those with a run come first: what becomes of them decides who may start.
    auto names = std::exchange(dirty_, {});
    for (const auto& each : installing_) {  // a graph in motion is not a graph to act on
      std::erase_if(names, [&](const std::string& name) { return each.names.contains(name); });
    }
    for (const bool with_run : {true, false}) {
      for (const auto& name : names) {
        auto* jail = lifecycle(name);
        if (jail != nullptr && jail->has_run() == with_run) jail->evaluate();
      }
    }
  }
}

MonoTime Supervisor::next_deadline() const {
  MonoTime when = next_sweep_;
  if (boot_unrecorded_ && boot_commit_ == 0) when = std::min(when, next_boot_try_);
  if (shutdown_over_) when = std::min(when, *shutdown_over_);
  if (events_due_) when = std::min(when, *events_due_);
  return deadlines_.empty() ? when : std::min(when, deadlines_.begin()->first);
}

// ---- recovery and observation
// -----------------------------------------------------------------------------------------

namespace {

bool monitor_knows_a_run(const std::vector<RunRecord>& runs, const std::vector<MonitorFacts>& monitors) {
  return std::ranges::any_of(monitors, [&](const MonitorFacts& monitor) {
    return monitor.key.jid != 0 && std::ranges::any_of(runs, [&](const auto& run) { return run.key == monitor.key; });
  });
}

}  // namespace

std::vector<Action> Supervisor::recover(Snapshot snapshot, const Survey& survey, Now now) {
  now_ = now;
  look_began_ = now.mono;
  next_sweep_ = now.mono + sweep_interval;
  last_event_ = last_number_ = snapshot.last_event;
  last_run_ = snapshot.last_run;
  const auto known_boot = snapshot.meta.find("boot_id");
  const bool first = known_boot == snapshot.meta.end();
  const bool renamed = first || known_boot->second != options_.boot_id;
  // A boot id that is the time of the boot moves when the clock is set; a monitor of a jail outlives no boot.
  const bool rebooted = renamed && !monitor_knows_a_run(snapshot.runs, survey.monitors);
  publish(EventType::daemon_started, "", rebooted ? "started after a boot of the host" : "started", {});

  for (auto& record : snapshot.jails) {
    if (rebooted && !first && !record.deleting) boot_anew(record);
    const std::string name = record.name;
    index_.add(name, record.spec);
    jails_[name] = std::make_unique<Lifecycle>(*this, std::move(record));
    dirty_.insert(name);
  }
  if (renamed) record_boot();
  resume_shutdown(snapshot.meta);

  std::map<std::string, const JailFacts*> alive;
  for (const auto& facts : survey.jails) {
    if (!facts.dying) alive[facts.name] = &facts;
  }
  std::map<std::uint64_t, const MonitorFacts*> monitors;
  for (const auto& each : survey.monitors) monitors[each.key.run] = &each;

  for (auto& run : snapshot.runs) {
    auto* jail = lifecycle(run.key.name);
    if (jail == nullptr) continue;  // the store's foreign keys rule it out
    const auto facts = alive.find(run.key.name);
    const auto monitor = monitors.find(run.key.run);
    const auto* its_monitor = monitor == monitors.end() ? nullptr : monitor->second;
    if (its_monitor != nullptr) monitors.erase(monitor);
    jail->recover(std::move(run), facts == alive.end() ? nullptr : facts->second, its_monitor);
  }
  // A monitor without a run: its run was forgotten just before jaild died.
  for (const auto& [number, facts] : monitors) actions_.emplace_back(Perform{Op{++last_op_, CloseMonitor{facts->key}}});
  observe(survey);
  return settle();
}

// Until this is durable the next jaild would take the boot for a new one, and the wishes written meanwhile with it; so
// no write is answered before.
void Supervisor::record_boot() {
  const bool wrong = breaks(DeliberateFault::boot_not_recorded);
  std::vector<Mutation> mutations{PutMeta{"boot_id", wrong ? "another" : options_.boot_id}};
  for (const auto& [name, jail] : jails_) mutations.emplace_back(PutJail{jail->record()});
  boot_commit_ = commit_as("", std::move(mutations));
  boot_unrecorded_ = true;
}

void Supervisor::on_boot_recorded(const Result<void>& result) {
  boot_commit_ = 0;
  boot_unrecorded_ = !result.has_value();
  if (boot_unrecorded_) next_boot_try_ = now_.mono + boot_retry;
  if (result) {
    for (const auto& [name, jail] : jails_) dirty_.insert(name);
    go_on_with_waiting();
  } else {
    refuse_waiting(result.error().in("the boot of the host cannot be recorded"));
  }
}

void Supervisor::observe(const Survey& survey) {
  looked_at_ = now_.wall;
  foreign_.clear();
  foreign_dev_.clear();
  std::map<int, WallTime> dying;
  std::map<std::string, WallTime> dying_names;
  std::set<std::string> seen;
  std::map<std::uint64_t, const MonitorFacts*> monitors;
  for (const auto& each : survey.monitors) monitors[each.key.run] = &each;
  const MountPoints mounted(survey.mount_points.begin(), survey.mount_points.end());
  std::unordered_map<int, Lifecycle*> by_jid;
  for (const auto& [name, jail] : jails_) {
    if (jail->activity() == Activity::running) by_jid[jail->run()->key.jid] = jail.get();
  }
  for (const auto& facts : survey.jails) {
    if (facts.dying) {
      const auto before = dying_.find(facts.jid);
      const WallTime since = before == dying_.end() ? now_.wall : before->second;
      dying[facts.jid] = since;
      dying_names.emplace(facts.name, since);
      continue;
    }
    auto* jail = owner_of(facts, by_jid);
    if (jail == nullptr) {
      foreign_[facts.name] = facts;
      if (breaks(DeliberateFault::foreign_removed)) {
        actions_.emplace_back(Perform{Op{++last_op_, Remove{{facts.name, 0, facts.jid}}}});
      }
      if (mounted.contains(facts.path + (facts.path.ends_with('/') ? "dev" : "/dev"))) foreign_dev_.insert(facts.name);
      continue;
    }
    seen.insert(jail->name());
    const auto monitor = monitors.find(jail->run()->key.run);
    jail->on_observed({facts, monitor == monitors.end() ? nullptr : monitor->second, mounted, look_began_});
  }
  dying_ = std::move(dying);
  for (const auto& [name, jail] : jails_) {
    const auto since = dying_names.find(name);
    jail->set_dying(since == dying_names.end() ? std::nullopt : std::optional(since->second));
    // A jail that came up while the survey was under way may have been missed by it.
    const bool was_up = jail->activity() == Activity::running && jail->running_since() < look_began_;
    if (was_up && !seen.contains(name)) jail->on_gone(jail->run()->key.jid);
  }
}

// Whose run a live jail of the kernel is; nullptr: it is foreign. A jail that was renamed by hand is still ours: it has
// the jid of a run whose own name no jail has, and its root.
Lifecycle* Supervisor::owner_of(const JailFacts& facts, const std::unordered_map<int, Lifecycle*>& running) {
  auto* jail = lifecycle(facts.name);
  if (jail != nullptr && jail->run() && (jail->run()->key.jid == facts.jid || jail->run()->key.jid == 0)) return jail;
  const auto renamed = running.find(facts.jid);
  if (renamed == running.end() || renamed->second->run()->spec.text("path") != facts.path) return nullptr;
  return renamed->second;
}

// ---- queries
// ----------------------------------------------------------------------------------------------------------

const Lifecycle* Supervisor::find(const std::string& name) const {
  const auto jail = jails_.find(name);
  return jail == jails_.end() ? nullptr : jail->second.get();
}

Lifecycle* Supervisor::lifecycle(const std::string& name) {
  const auto jail = jails_.find(name);
  return jail == jails_.end() ? nullptr : jail->second.get();
}

namespace {

JailObject foreign_object(const JailFacts& facts) {
  JailObject object;
  object.name = facts.name;
  object.spec.params = facts.params;
  object.spec.params["path"] = facts.path;
  object.status.state = JailState::foreign;
  object.status.reason = "jaild did not make this jail and leaves it alone";
  object.status.jid = facts.jid;
  return object;
}

bool matches(const Lifecycle& jail, const ListQuery& query) {
  if (query.state && jail.state() != *query.state) return false;
  if (!query.label) return true;
  const auto& labels = jail.record().spec.labels;
  const auto label = labels.find(query.label->first);
  return label != labels.end() && label->second == query.label->second;
}

// A foreign jail has no labels.
bool shows_foreign(const ListQuery& query) {
  return !query.label && (!query.state || *query.state == JailState::foreign);
}

}  // namespace

Result<JailObject> Supervisor::get(const std::string& name) const {
  if (const auto* jail = find(name)) return jail->object();
  if (const auto facts = foreign_.find(name); facts != foreign_.end()) return foreign_object(facts->second);
  return Fail(Kind::not_found, "no jail is called " + name);
}

std::vector<std::string> Supervisor::names(const ListQuery& query) const {
  std::vector<std::string> names;
  auto ours = jails_.upper_bound(query.after);
  auto other = shows_foreign(query) ? foreign_.upper_bound(query.after) : foreign_.end();
  while (names.size() < query.limit && (ours != jails_.end() || other != foreign_.end())) {
    if (ours == jails_.end() || (other != foreign_.end() && other->first < ours->first)) {
      if (!jails_.contains(other->first)) names.push_back(other->first);
      ++other;
    } else {
      if (matches(*ours->second, query)) names.push_back(ours->first);
      ++ours;
    }
  }
  return names;
}

bool Supervisor::all_down() const {
  return std::all_of(jails_.begin(), jails_.end(),
                     [](const auto& each) { return each.second->activity() == Activity::idle; });
}

// ---- Context
// ----------------------------------------------------------------------------------------------------------

double Supervisor::jitter() {
  // Not std::uniform_real_distribution: its result differs between standard libraries, and a seed must not.
  return static_cast<double>(random_() % 2001) / 1000.0 - 1.0;
}

OpId Supervisor::perform(Lifecycle& jail, decltype(Op::what) what) {
  const OpId id = ++last_op_;
  op_owners_[id] = jail.name();
  actions_.emplace_back(Perform{Op{id, std::move(what)}});
  return id;
}

// While a write of the jail is on its way to the disk the jail's own commits wait for it: they must not undo it where
// it holds, nor take some of it to the disk where it is refused.
CommitId Supervisor::commit(Lifecycle& jail, std::vector<Mutation> mutations) {
  if (!staged_.contains(jail.name())) return commit_as(jail.name(), std::move(mutations));
  const CommitId id = ++last_commit_;
  commit_owners_[id] = jail.name();
  held_.push_back({id, jail.name(), std::move(mutations)});
  return id;
}

CommitId Supervisor::commit_as(std::string owner, std::vector<Mutation> mutations, std::vector<JailEvent> told) {
  const CommitId id = ++last_commit_;
  if (!owner.empty()) commit_owners_[id] = std::move(owner);
  emit(id, std::move(mutations), std::move(told));
  return id;
}

void Supervisor::emit(CommitId id, std::vector<Mutation> mutations, std::vector<JailEvent> told) {
  number_events(id, mutations, std::move(told));
  actions_.emplace_back(Commit{id, std::move(mutations)});
}

void Supervisor::show_step(const std::string& jail, StepReport step) {
  std::string words = step.running_since ? "begins " : step.ok ? "is through with " : "failed at ";
  words += step.step;
  actions_.emplace_back(ShowStep{{0, now_.wall, EventType::jail_step, jail, std::move(words), {}, std::move(step)}});
}

std::optional<std::string> Supervisor::start_hindrance(Lifecycle& jail) {
  if (going_down_ && !breaks(DeliberateFault::shutdown_forgotten)) return "the host shuts down";
  // A jaild that dies before it is would take its own restart for the boot, and this start's delays for the last
  // boot's.
  if (boot_unrecorded_) return "waits until the boot of the host is on the disk";
  if (const auto staged = staged_.find(jail.name()); staged != staged_.end() && staged->second) {
    return "is being deleted";
  }
  for (const auto& each : dependencies_of(jail.name(), jail.record().spec)) {
    const auto* needed = find(each);
    if (needed == nullptr) return "depends on " + each + ", which does not exist";
    if (!needed->ready() && !breaks(DeliberateFault::dependency_not_awaited))
      return "waits for " + each + ", which is " + std::string(to_string(needed->state()));
  }
  const bool full = starting_.size() >= static_cast<std::size_t>(std::max(options_.parallel_starts, 1));
  if (full && !breaks(DeliberateFault::slots_ignored)) {
    slot_waiters_.emplace(jail.record().spec.priority, jail.name());
    return "waits for one of " + std::to_string(options_.parallel_starts) + " start slots";
  }
  starting_.insert(jail.name());
  return std::nullopt;
}

std::optional<std::string> Supervisor::stop_hindrance(const Lifecycle& jail) {
  if (breaks(DeliberateFault::dependants_overtaken)) return std::nullopt;
  for (const auto& each : dependants_of(jail.name())) {
    const auto* dependant = find(each);
    if (dependant != nullptr && dependant->has_run() && !dependant->wants_up()) return "waits for " + each + " to stop";
  }
  return std::nullopt;
}

void Supervisor::wake_at(Lifecycle& jail, MonoTime when) {
  deadlines_.emplace(when, jail.name());
}

void Supervisor::changed(Lifecycle& jail) {
  switch (jail.activity()) {
    case Activity::resolving:
    case Activity::recording:
    case Activity::starting: break;
    case Activity::idle:
    case Activity::running:
    case Activity::updating:
    case Activity::stopping:
    case Activity::forgetting: starting_.erase(jail.name()); break;
  }
  for (const auto& each : dependants_of(jail.name())) dirty_.insert(each);
  for (const auto& each : dependencies_of(jail.name(), jail.record().spec)) dirty_.insert(each);
}

std::vector<std::string> Supervisor::dependants_of(const std::string& name) const {
  return index_.dependants_of(name);
}

}  // namespace jaild::core
