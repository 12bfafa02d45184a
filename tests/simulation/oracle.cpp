#include "tests/simulation/oracle.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "daemon/core/drift.h"
#include "daemon/core/start_order.h"
#include "daemon/host/sim/monitors.h"

namespace jaild::simulation {
namespace {

using core::Activity;
using core::Lifecycle;
using std::chrono::seconds;

const core::JailKey* key_of(const core::Op& op) {
  return std::visit(
      [](const auto& what) -> const core::JailKey* {
        if constexpr (requires { what.key; }) {
          return &what.key;
        } else {
          return nullptr;
        }
      },
      op.what);
}

bool holds(const std::vector<core::LedgerEntry>& ledger, const core::LedgerEntry& entry) {
  return std::any_of(ledger.begin(), ledger.end(),
                     [&](const auto& each) { return each.kind == entry.kind && each.id == entry.id; });
}

// Of the set that a jail was last written by; "" of none.
std::string label_of(const core::JailRecord& record) {
  const auto label = record.spec.labels.find("set");
  return label == record.spec.labels.end() ? "" : label->second;
}

bool begins(const Lifecycle& jail) {
  switch (jail.activity()) {
    case Activity::resolving:
    case Activity::recording:
    case Activity::starting: return true;
    case Activity::idle:
    case Activity::running:
    case Activity::updating:
    case Activity::stopping:
    case Activity::forgetting: return false;
  }
  std::unreachable();
}

}  // namespace

void Oracle::broken(const std::string& promise) {
  if (!verdict_) verdict_ = promise;
}

// ---- what the simulation tells
// ----------------------------------------------------------------------------------------

void Oracle::daemon_starts(const core::Supervisor& supervisor, const core::Snapshot& loaded) {
  supervisor_ = &supervisor;
  runs_.clear();
  for (const auto& run : loaded.runs) {
    runs_[run.key.name] = run;
    if (run.boot_id == kernel_.boot_id()) started_since_boot_.insert(run.key.name);
  }
  if (loaded.last_event < last_told_) broken("P1 event " + std::to_string(last_told_) + " was told and is lost");
  events_.erase(events_.upper_bound(loaded.last_event), events_.end());
  last_told_ = loaded.last_event;  // what became durable at the end is read by those who come back
  untold_ = 0;
  labels_.clear();
  for (const auto& record : loaded.jails) labels_[record.name] = label_of(record);
  look_at_sets();
}

void Oracle::daemon_started(const core::Snapshot& loaded) {
  check_adopted(loaded);
}

void Oracle::daemon_gone() {
  shown_.clear();
  for (const auto& [id, names] : under_way_) uncertain_.insert(names.begin(), names.end());
  for (const auto& [name, known] : acknowledged_) {  // also what was answered after the prune was asked for
    if (!prunes_.empty()) uncertain_.insert(name);
  }
  prunes_.clear();
  if (supervisor_ != nullptr) {  // what was asked for may be on the disk, and the next daemon does it at once
    for (const auto& name : uncertain_) forgive(name);
  }
  if (!under_way_.empty()) {
    for (auto& [name, known] : acknowledged_) known.desired.reset();
  }
  under_way_.clear();
  if (supervisor_ == nullptr) return;  // it never came up
  // A start that was interrupted, or whose end is not recorded, is made again at once; a stop may not have been
  // recorded with its delay.
  for (const auto& [name, jail] : supervisor_->jails()) {
    const auto run = runs_.find(name);
    const bool recorded = run == runs_.end() || run->second.phase == core::RunPhase::running;
    const bool settled = jail->activity() == Activity::idle || jail->activity() == Activity::running;
    if (!recorded || !settled) restarts_.erase(name);
  }
  in_flight_.clear();
  busy_.clear();
  supervisor_ = nullptr;
  going_down_ = false;
}

void Oracle::host_rebooted() {
  for (auto& [name, known] : acknowledged_) uncertain_.insert(name);  // autostart decides the wish now
  restarts_.clear();
  started_since_boot_.clear();
  booted_ = true;
  stored_until_.reset();
}

void Oracle::host_goes_down(std::chrono::seconds budget) {
  going_down_ = true;
  shutdown_until_ = kernel_.timeline().now() + budget;
}

namespace {

bool asks_for_start(const Change& change) {
  const auto* wish = std::get_if<SetDesired>(&change.what);
  return std::holds_alternative<Restart>(change.what) || (wish != nullptr && wish->desired == Desired::running);
}

}  // namespace

void Oracle::asked(std::uint64_t id, const ChangeRequest& request) {
  under_way_[id] = concerned(request);
  if (request.dry_run) return;
  if (std::ranges::any_of(request.changes, asks_for_start)) stored_until_.reset();  // somebody is there: it stays up
  if (!request.prune.empty()) {
    sets_.clear();  // any member of an earlier one may go
    prunes_.insert(id);
  }
  for (const auto& change : request.changes) {
    forget_sets_of(change.name);
    if (request.is_set) sets_[std::to_string(id)].insert(change.name);
  }
}

void Oracle::forget_sets_of(const std::string& name) {
  for (auto& [label, members] : sets_) members.erase(name);
}

// A prune may be about every jail.
std::set<std::string> Oracle::concerned(const ChangeRequest& request) const {
  std::set<std::string> names;
  for (const auto& change : request.changes) names.insert(change.name);
  for (const auto& [name, known] : acknowledged_) {
    if (!request.prune.empty()) names.insert(name);
  }
  return names;
}

void Oracle::answered(std::uint64_t id, const ChangeRequest& request, const Result<ChangeReply>& reply) {
  under_way_.erase(id);
  prunes_.erase(id);
  if (request.dry_run && reply) return;
  if (!reply) return answered(concerned(request), &reply.error());
  std::set<std::string> names(reply->jails.begin(), reply->jails.end());
  for (const auto& effect : reply->effects) names.insert(effect.jail);
  answered(names, nullptr);
  for (const auto& effect : reply->effects) {
    if (effect.kind == Effect::Kind::erase) acknowledged_.erase(effect.jail);
  }
  for (const auto& change : request.changes) {
    if (std::holds_alternative<Erase>(change.what)) acknowledged_.erase(change.name);
    const auto* wish = std::get_if<SetDesired>(&change.what);
    const bool down = wish != nullptr && wish->desired == Desired::stopped;
    if (!down && !std::holds_alternative<Erase>(change.what)) check_tried(change.name);
  }
}

// A start that somebody asked for, and that of what it needs, does not wait: delays are for tries by policy.
void Oracle::check_tried(const std::string& name) {
  const auto* asked = supervisor_->find(name);
  if (asked == nullptr || !asked->wants_up()) return;
  auto around = core::closure({name}, [this](const std::string& each) {
    const auto* jail = supervisor_->find(each);
    return jail == nullptr ? std::vector<std::string>{} : core::dependencies_of(each, jail->record().spec);
  });
  around.push_back(name);
  for (const auto& each : around) {
    const auto* jail = supervisor_->find(each);
    const bool waits = jail != nullptr && jail->wants_up() && jail->object().status.next_try_at;
    if (waits) broken("P8 " + each + " waits for its next try, and a start of " + name + " was asked for");
  }
}

void Oracle::answered(const std::set<std::string>& names, const Error* error) {
  if (error != nullptr) {
    // Whether a commit that failed comes back after a crash nobody knows (sqlite_store.h).
    const bool disk = error->kind == Kind::storage_full || error->kind == Kind::unavailable;
    if (disk) uncertain_.insert(names.begin(), names.end());
    for (auto& [name, known] : acknowledged_) {
      if (disk) known.desired.reset();
    }
    return;
  }
  for (const auto& name : names) forgive(name);
  // Others' wishes may have been carried along; these are taken from what the daemon says of them now.
  for (const auto& [name, jail] : supervisor_->jails()) {
    if (jail->record().deleting || (uncertain_.contains(name) && !names.contains(name))) continue;
    acknowledged_[name] = {jail->record().generation, jail->record().desired};
  }
  for (const auto& name : names) uncertain_.erase(name);
}

void Oracle::durable(const std::vector<core::Mutation>& mutations) {
  for (const auto& each : mutations) {
    if (const auto* put = std::get_if<core::PutRun>(&each)) {
      take_run(put->record);
    } else if (const auto* erase = std::get_if<core::EraseRun>(&each)) {
      runs_.erase(erase->name);
    } else if (const auto* declared = std::get_if<core::PutJail>(&each)) {
      labels_[declared->record.name] = label_of(declared->record);
    } else if (const auto* jail = std::get_if<core::EraseJail>(&each)) {
      runs_.erase(jail->name);
      labels_.erase(jail->name);
    } else if (const auto* event = std::get_if<core::AddEvent>(&each)) {
      if (!events_.empty() && event->event.id <= events_.rbegin()->first) {
        broken("P1 the number of event " + std::to_string(event->event.id) + " was given before");
      }
      events_[event->event.id] = std::string(to_string(event->event.type)) + " " + event->event.jail;
    } else if (const auto* meta = std::get_if<core::PutMeta>(&each); meta != nullptr && meta->key == "shutdown") {
      stored_until_ = meta->value.empty() ? std::nullopt : std::optional(shutdown_until_);
    }
  }
  look_at_sets();
}

// P1: a set is on the disk as a whole or not at all, after each commit.
void Oracle::look_at_sets() {
  for (const auto& [label, members] : sets_) {
    const auto there = std::count_if(members.begin(), members.end(), [&](const std::string& name) {
      const auto found = labels_.find(name);
      return found != labels_.end() && found->second == label;
    });
    if (there != 0 && static_cast<std::size_t>(there) != members.size()) {
      broken("P1 set " + label + " is split: " + std::to_string(there) + " of " + std::to_string(members.size()));
    }
  }
}

void Oracle::take_run(const core::RunRecord& run) {
  const auto known = runs_.find(run.key.name);
  const bool new_run = known == runs_.end() || known->second.key.run != run.key.run;
  // An adoption: from here on the jail is jaild's, whether somebody hears the answer or not.
  if (new_run && run.phase == core::RunPhase::running) kernel_.hand_over(run.key.name);
  runs_[run.key.name] = run;
  if (run.boot_id == kernel_.boot_id()) started_since_boot_.insert(run.key.name);
}

// P1: a number is durable before anybody hears it, stands for one event for ever, and those who follow miss none.
void Oracle::told(const JailEvent& event) {
  const auto number = "event " + std::to_string(event.id);
  const auto stored = events_.find(event.id);
  if (stored == events_.end() || stored->second != std::string(to_string(event.type)) + " " + event.jail) {
    broken("P1 " + number + " (" + std::string(to_string(event.type)) + ") is told and is not on the disk");
  }
  if (event.id <= last_told_) broken("P1 " + number + " is told after event " + std::to_string(last_told_));
  const auto missed = events_.upper_bound(last_told_);
  if (missed != events_.end() && missed->first < event.id) {
    broken("P1 " + number + " is told before event " + std::to_string(missed->first));
  }
  last_told_ = std::max(last_told_, event.id);
  if (untold_ > 0) --untold_;
}

void Oracle::happened(const JailEvent& event, core::Now now) {
  ++untold_;
  if (event.type == EventType::jail_starting) check_delay(event.jail, now);
  if (event.type == EventType::jail_stopping) check_stop(event.jail, event.message);
  if (event.type == EventType::jail_stopped && going_down_)
    restarts_.erase(event.jail);  // then nothing counts as a failure
  // Nothing failed: the next failure is the first.
  if (event.type == EventType::jail_stopping && event.message == "the start was called off")
    restarts_.erase(event.jail);
}

// ---- what jaild asks of the kernel
// ------------------------------------------------------------------------------------

void Oracle::on_submit(const core::Op& op) {
  if (const auto* resolve = std::get_if<core::Resolve>(&op.what)) check_start(resolve->name);
  const auto* key = key_of(op);
  const std::string& name = key != nullptr ? key->name : std::get<core::Resolve>(op.what).name;
  const bool beside =
      std::holds_alternative<core::Cancel>(op.what) || std::holds_alternative<core::CloseMonitor>(op.what);
  if (!beside) {
    if (const auto other = busy_.find(name); other != busy_.end())
      broken("P2 two operations of " + name + " at a time");
    busy_[name] = op.id;
    in_flight_[op.id] = name;
  }
  if (key == nullptr) return;
  if (!beside) check_record(*key, op);
  check_hooks(op);
}

void Oracle::on_done(core::OpId id) {
  const auto operation = in_flight_.find(id);
  if (operation == in_flight_.end()) return;
  busy_.erase(operation->second);
  in_flight_.erase(operation);
}

void Oracle::check_record(const core::JailKey& key, const core::Op& op) {
  const auto* params = std::get_if<core::SetParams>(&op.what);
  if (params != nullptr && params->params.contains("name")) return;  // by the name that somebody gave it
  const auto run = runs_.find(key.name);
  const auto what = std::string(core::operation_name(op)) + " of " + key.name;
  if (run == runs_.end() || run->second.key.run != key.run) {
    broken("P5 " + what + ", and its run is not in the store");
    return;
  }
  const auto* acquire = std::get_if<core::Acquire>(&op.what);
  if (acquire == nullptr) return;
  if (!holds(run->second.before_create, acquire->entry) && !holds(run->second.after_create, acquire->entry)) {
    broken("P5 " + what + ", and " + acquire->entry.id + " is not in the ledger");
  }
}

// A hook that had begun gets its counterpart before its run is over (R2.3).
void Oracle::check_hooks(const core::Op& op) {
  if (const auto* run = std::get_if<core::Run>(&op.what)) {
    auto& owed = owed_[run->key.run];
    const auto& phase = run->command.phase;
    if (phase == "exec.prepare") owed.insert("exec.release");
    if (phase == "exec.prestart") owed.insert("exec.poststop");
    owed.erase(phase);
  } else if (const auto* end = std::get_if<core::CloseMonitor>(&op.what)) {
    const auto owed = owed_.find(end->key.run);
    const auto* jail = supervisor_ == nullptr ? nullptr : supervisor_->find(end->key.name);
    if (owed == owed_.end() || jail == nullptr || !jail->has_run() || jail->run()->key.run != end->key.run) return;
    for (const auto& hook : owed->second) {
      if (!jail->run()->spec.list(hook).empty()) broken("R2.3 " + end->key.name + " never got " + hook);
    }
    owed_.erase(owed);
  }
}

// ---- order and delays
// -------------------------------------------------------------------------------------------------

void Oracle::check_start(const std::string& name) {
  // The next daemon measures what is left by the wall clock.
  const bool next_knows = stored_until_ && !clock_stepped_ && kernel_.timeline().now() < *stored_until_;
  if (going_down_ || next_knows) broken("R6.6 " + name + " starts while the host goes down");
  int starting = 0;
  for (const auto& [each, jail] : supervisor_->jails()) starting += begins(*jail) ? 1 : 0;
  if (starting > parallel_starts) broken("P8 " + std::to_string(starting) + " jails start at the same time");
  for (const auto& each : core::dependencies_of(name, supervisor_->find(name)->record().spec)) {
    const auto* needed = supervisor_->find(each);
    if (needed == nullptr || !needed->ready()) broken("P9 " + name + " starts without " + each);
  }
}

void Oracle::check_stop(const std::string& name, const std::string& why) {
  const bool asked = why == "stop was asked for" || why == "is being deleted" || why == "the host shuts down";
  if (!asked || supervisor_ == nullptr) return;
  for (const auto& [each, jail] : supervisor_->jails()) {
    if (!jail->has_run() || jail->wants_up()) continue;
    const auto needs = core::dependencies_of(each, jail->record().spec);
    if (std::find(needs.begin(), needs.end(), name) != needs.end()) broken("P9 " + name + " stops before " + each);
  }
}

void Oracle::check_delay(const std::string& name, core::Now now) {
  if (supervisor_ == nullptr || supervisor_->find(name) == nullptr) return;
  const auto& settings = supervisor_->find(name)->record().spec.restart;
  auto& restarts = restarts_[name];
  const auto since = now.mono - restarts.last;
  if (restarts.known && since >= core::stable_run_min) restarts.count = 0;  // perhaps a stable run
  if (restarts.known && !clock_stepped_) {
    const double delay = std::min(static_cast<double>(settings.delay.count()) * std::ldexp(1, restarts.count),
                                  static_cast<double>(settings.max_delay.count()));
    if (std::chrono::duration<double>(since).count() < 0.89 * delay) {
      broken("P8 " + name + " is started again after " + std::to_string(std::chrono::duration<double>(since).count()) +
             " s instead of " + std::to_string(delay));
    }
    restarts.times.push_back(now.mono);
    while (restarts.times.front() + settings.window <= now.mono) restarts.times.pop_front();
    if (settings.limit > 0 && restarts.times.size() > static_cast<std::size_t>(settings.limit)) {
      broken("P8 " + name + " is started again beyond its limit");
    }
    ++restarts.count;
  }
  restarts.last = now.mono;
  restarts.known = true;
}

// Somebody asked for something: what hangs together with it may start at once.
void Oracle::forgive(const std::string& name) {
  const auto around = core::closure({name}, [this](const std::string& each) {
    std::vector<std::string> near;
    if (const auto* jail = supervisor_->find(each)) near = core::dependencies_of(each, jail->record().spec);
    for (const auto& [other, jail] : supervisor_->jails()) {
      const auto needs = core::dependencies_of(other, jail->record().spec);
      if (std::find(needs.begin(), needs.end(), each) != needs.end()) near.push_back(other);
    }
    return near;
  });
  restarts_.erase(name);
  for (const auto& each : around) restarts_.erase(each);
}

// ---- after each step
// --------------------------------------------------------------------------------------------------

void Oracle::look() {
  look_at_findings();
  if (supervisor_ == nullptr) return;
  look_at_acknowledged();
  look_at_boot();
  look_at_shown();
}

// A boot of the host is no failure: what has not been started since has nothing to be blamed for and waits for nothing.
void Oracle::look_at_boot() {
  if (!booted_) return;
  for (const auto& [name, jail] : supervisor_->jails()) {
    if (started_since_boot_.contains(name) || jail->record().deleting) continue;
    const auto& record = jail->record();
    const bool blamed = record.finished || record.restart.gave_up || record.restart.next_try_at;
    if (blamed || !record.failure.empty()) broken("the boot of the host counts against " + name);
  }
}

// Readers are given what was made of a jail earlier as long as its revision is the same. One jail now and then: making
// the text takes longer than most steps.
void Oracle::look_at_shown() {
  constexpr std::uint64_t now_and_then = 16;
  const auto& jails = supervisor_->jails();
  if (++looks_ % now_and_then != 0 || jails.empty()) return;
  const auto place = static_cast<std::ptrdiff_t>(looks_ / now_and_then % jails.size());
  const core::Lifecycle& jail = *std::next(jails.begin(), place)->second;
  Shown& shown = shown_[jail.name()];
  std::string text = to_text(to_json(jail.object()));
  if (shown.revision == jail.revision() && shown.text != text) broken(jail.name() + " is shown as it was");
  shown = {jail.revision(), std::move(text)};
}

void Oracle::look_at_findings() {
  using host::sim::Finding;
  const auto& all = kernel_.observations.all();
  for (; findings_seen_ < all.size(); ++findings_seen_) {
    const auto& seen = all[findings_seen_];
    const auto text = seen.subject + ": " + seen.detail;
    switch (seen.finding) {
      case Finding::process_without_limits: broken("P3 a process before its limits: " + text); break;
      case Finding::moment_without_limit: broken("R8.5 a moment without limit: " + text); break;
      case Finding::call_on_dying_jail: broken("R1.2 a call on a dying jail: " + text); break;
      case Finding::foreign_touched: broken("P6 foreign touched: " + text); break;
      case Finding::every_device_visible: broken("R10.1 every device visible: " + text); break;
      case Finding::alias_set_anew: broken("trap 26 an alias was set anew: " + text); break;
      case Finding::forced_under_a_jail: broken("a forced unmount under a living jail: " + text); break;
      case Finding::stale_call: break;  // planned for a jail that went meanwhile, and dropped: as it should be
    }
  }
}

// P1, as far as the daemon in memory is concerned; after a crash this is what it loaded.
void Oracle::look_at_acknowledged() {
  auto jail = supervisor_->jails().begin();
  const auto end = supervisor_->jails().end();
  for (const auto& [name, known] : acknowledged_) {
    // What is asked for may be in force a moment before its answer; a prune is about any jail.
    const bool asked = !prunes_.empty() ||
                       std::ranges::any_of(under_way_, [&](const auto& each) { return each.second.contains(name); });
    if (asked || uncertain_.contains(name)) continue;
    while (jail != end && jail->first < name) ++jail;
    if (jail == end || jail->first != name) {
      broken("P1 " + name + " was answered 2xx and is not there");
      return;
    }
    const auto& record = jail->second->record();
    if (record.generation < known.generation) {
      broken("P1 generation " + std::to_string(known.generation) + " of " + name + " was lost");
    } else if (record.generation == known.generation && known.desired && record.desired != *known.desired &&
               under_way_.empty()) {
      broken("P1 the wish for " + name + " was lost");
    }
  }
}

// P4: what ran when jaild died, and still runs with its monitor, runs on.
void Oracle::check_adopted(const core::Snapshot& loaded) {
  std::map<std::uint64_t, core::MonitorFacts> monitors;
  for (auto& each : kernel_.monitors().facts()) monitors.emplace(each.key.run, each);
  for (const auto& run : loaded.runs) {
    const auto* jail = supervisor_->find(run.key.name);
    const auto* alive = kernel_.find_alive(run.key.name);
    const auto monitor = monitors.find(run.key.run);
    const bool runs = run.phase == core::RunPhase::running && run.boot_id == kernel_.boot_id() && alive != nullptr &&
                      alive->jid == run.key.jid && monitor != monitors.end() && !monitor->second.main_exit &&
                      (!run.spec.command || monitor->second.main_started);
    if (!runs || jail == nullptr || !jail->wants_up() || alive->pids.empty()) continue;
    const bool untouched = jail->activity() == Activity::running || jail->activity() == Activity::updating;
    if (!untouched) broken("P4 " + run.key.name + " ran and is not left alone");
  }
}

// ---- after the faults
// -------------------------------------------------------------------------------------------------

std::string Oracle::complaint_about(const Lifecycle& jail, const core::Survey& survey) const {
  const auto state = jail.state();
  const auto where = jail.name() + " is " + std::string(to_string(state)) + " (" + jail.object().status.reason + ")";
  const auto& record = jail.record();
  switch (state) {
    case JailState::running: break;
    case JailState::stopped:
    case JailState::failed: {
      if (jail.has_run()) return "P7 " + where + ", and its run is not over";
      const bool for_ever = record.spec.restart.policy == RestartPolicy::always && record.spec.restart.limit == 0;
      if (for_ever && record.desired == Desired::running && !record.deleting) return "P7 " + where + " for ever";
      return {};
    }
    case JailState::blocked:
      return jail.object().status.reason.empty() ? "P7 " + jail.name() + " is blocked without a reason" : "";
    case JailState::backoff:
    case JailState::starting:
    case JailState::stopping: return {};  // `crash` and `always` go round for ever
    case JailState::foreign: return "P6 " + where;
  }
  if (jail.activity() != Activity::running) return {};
  const auto& run = *jail.run();
  if (kernel_.find_alive(jail.name()) == nullptr) return "R9.5 " + where + ", but the kernel has no such jail";
  if (run.spec.command && !kernel_.monitors().main_pid(run.key.run)) return "R9.5 " + where + ", but its command ended";
  const core::MountPoints mounted(survey.mount_points.begin(), survey.mount_points.end());
  // A name that somebody else has by now cannot be had back.
  const bool name_is_gone = std::any_of(survey.jails.begin(), survey.jails.end(), [&](const auto& facts) {
    return !facts.dying && facts.name == jail.name() && facts.jid != run.key.jid;
  });
  for (const auto& facts : survey.jails) {
    if (facts.dying || facts.jid != run.key.jid) continue;
    for (const auto& drift : core::find_drift(run, facts, mounted)) {
      if (drift.field == "name" && name_is_gone) continue;
      if (drift.repair) return "P7 " + jail.name() + " drifted: " + drift.field + " is " + drift.seen;
    }
  }
  return {};
}

std::string Oracle::disagreement(const core::Survey& survey) const {
  std::set<std::string> up = taken_;
  for (const auto& [name, jail] : supervisor_->jails()) {
    if (auto complaint = complaint_about(*jail, survey); !complaint.empty()) return complaint;
    const auto state = jail->state();
    if (state == JailState::running || state == JailState::starting || state == JailState::stopping) up.insert(name);
  }
  if (untold_ > 0) return "P1 " + std::to_string(untold_) + " events are not told";
  for (const auto& left : kernel_.left_by_jaild(up)) return "P5 left behind: " + left;
  return {};
}

bool Oracle::at_rest() const {
  return std::all_of(supervisor_->jails().begin(), supervisor_->jails().end(), [](const auto& each) {
    const auto& jail = *each.second;
    const bool down = jail.activity() == Activity::idle && !jail.wants_up() && !jail.has_run();
    const bool up = jail.activity() == Activity::running && jail.run()->spec.command == "daemon";
    return down || up;
  });
}

}  // namespace jaild::simulation
