#include "daemon/host/sim/sim_host.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "api/contract/param_table.h"
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/refusal.h"
#include "daemon/host/sim/sim_exec.h"

namespace jaild::host::sim {
namespace {

HostProfile make_profile(const SimKernel& kernel) {
  HostProfile profile;
  profile.host = "sim";
  profile.os = "FreeBSD (simulated)";
  profile.release = "15.0-SIM";
  profile.machine = "amd64";
  profile.boot_id = kernel.boot_id();
  profile.cpus = kernel.cpus();
  profile.memory_bytes = 16ULL * 1024 * 1024 * 1024;
  profile.racct = kernel.accounts().enabled();
  if (!profile.racct) profile.racct_hint = "set kern.racct.enable=1 in /boot/loader.conf and restart the host";
  for (const Param& param : param_table()) {
    if (param.origin == ParamOrigin::kernel) profile.kernel_params.emplace_back(param.name);
  }
  return profile;
}

}  // namespace

SimHost::SimHost(std::shared_ptr<Timeline> timeline, std::shared_ptr<SimKernel> kernel,
                 std::shared_ptr<FaultPlan> faults)
    : faults_(faults != nullptr ? std::move(faults) : std::make_shared<FaultPlan>()),
      kernel_(std::move(kernel)),
      timeline_(std::move(timeline)),
      profile_(make_profile(*kernel_)) {}

SimHost::~SimHost() {
  stop();
}

Result<void> SimHost::start(Sink sink) {
  timeline_->exclusive([&] {
    sink_ = std::move(sink);
    *alive_ = true;
    kernel_->listen(this);
  });
  return {};
}

void SimHost::stop() {
  timeline_->exclusive([this] {
    if (!std::exchange(*alive_, false)) return;
    if (kernel_->listener() == this) kernel_->listen(nullptr);
    for (const auto& [id, pending] : pending_) timeline_->cancel(pending.timer);
    pending_.clear();
    waiting_.clear();
    execs_.clear();
  });
}

TimerId SimHost::later(Span span, std::function<void()> run) {
  return timeline_->at(timeline_->now() + span, [alive = alive_, run = std::move(run)] {
    if (*alive) run();
  });
}

void SimHost::submit(Op op) {
  const std::lock_guard lock(inbox_mutex_);
  inbox_.push_back(std::move(op));
  if (std::exchange(inbox_noticed_, true)) return;
  later(Span{0}, [this] { take_inbox(); });
}

void SimHost::take_inbox() {
  std::vector<Op> taken;
  {
    const std::lock_guard lock(inbox_mutex_);
    taken.swap(inbox_);
    inbox_noticed_ = false;
  }
  for (Op& op : taken) begin(std::move(op));
}

void SimHost::begin(Op op) {
  const OpId id = op.id;
  Pending& pending = pending_[id];
  pending.fault = faults_->on_op(op);
  pending.op = std::move(op);
  pending.hangs = pending.fault.hang > Span{0};
  const Span wait = pending.fault.before + pending.fault.hang;
  if (wait > Span{0}) {
    pending.timer = later(wait, [this, id] { effect(id); });
  } else {
    effect(id);
  }
}

void SimHost::let_go() {
  timeline_->exclusive([this] {
    std::vector<OpId> hanging;
    for (const auto& [id, pending] : pending_) {
      if (pending.hangs) hanging.push_back(id);
    }
    std::sort(hanging.begin(), hanging.end());
    for (const OpId id : hanging) {
      timeline_->cancel(pending_.at(id).timer);
      pending_.at(id).hangs = false;
      pending_.at(id).timer = later(Span{0}, [this, id] { effect(id); });
    }
  });
}

void SimHost::effect(OpId id) {
  Pending& pending = pending_.at(id);
  pending.hangs = false;
  pending.timer = 0;
  // jail_set(2) makes a jail or does not; there is no wrong answer about it.
  const bool atomic = std::holds_alternative<Create>(pending.op.what);
  if (pending.fault.error != 0 && (atomic || !pending.fault.done_nevertheless)) {
    deliver(id, refuse(pending.fault.error, "simulated fault"));
    return;
  }
  Outcome outcome = std::visit([&](const auto& what) { return perform(id, what); }, pending.op.what);
  if (outcome) complete(id, std::move(*outcome));
}

// `soon`: in a callback of its own, after the events that led to it.
void SimHost::complete(OpId id, Result<Reply> result, bool soon) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  Pending& pending = found->second;
  timeline_->cancel(pending.timer);
  if (pending.fault.error != 0) result = refuse(pending.fault.error, "simulated fault after the effect");
  if (soon || pending.fault.after > Span{0}) {
    pending.timer = later(pending.fault.after, [this, id, result = std::move(result)] { deliver(id, result); });
  } else {
    deliver(id, std::move(result));
  }
}

void SimHost::deliver(OpId id, Result<Reply> result) {
  if (pending_.erase(id) != 0) sink_.done(OpDone{id, std::move(result)});
}

void SimHost::emit(Event event) {
  const EventFault fault = faults_->on_event(event);
  for (int copy = 0; copy < fault.copies; ++copy) {
    later(fault.delay, [this, event] { sink_.event(event); });
  }
}

// ---- KernelListener
// -----------------------------------------------------------------------------------------------------

void SimHost::jail_emptied(const Jail& jail) {
  if (kernel_->is_empty(jail)) tell_empty(jail);
  look_at_waiting(jail, true);
  for (const Jail* above = kernel_->find(jail.parent); above != nullptr; above = kernel_->find(above->parent)) {
    look_at_waiting(*above, false);
  }
}

void SimHost::tell_empty(const Jail& jail) {
  if (jail.run == 0) return;
  if (const auto key = kernel_->monitors().key_of(jail.run)) emit(JailEmpty{*key});
}

// A monitor looks once a second whether there is a child jail yet.
void SimHost::jail_died(const Jail& jail) {
  if (const Jail* parent = kernel_->find(jail.parent); parent != nullptr && parent->pids.empty()) {
    later(std::chrono::seconds(1), [this, jid = parent->jid, serial = parent->serial] {
      const Jail* now = kernel_->find(jid);
      if (now != nullptr && now->serial == serial && !now->dying && kernel_->is_empty(*now)) tell_empty(*now);
    });
  }
  if (jail.jid != removing_) emit(JailGone{jail.name, jail.jid});
}

void SimHost::jail_changed(const std::string& name) {
  emit(JailChanged{name});
}

void SimHost::limit_hit(const std::string& name, Resource resource) {
  emit(LimitHit{name, resource});
}

void SimHost::command_ended(std::uint64_t ticket, Result<CommandResult> result) {
  if (const auto exec = execs_.extract(ticket)) {
    later(Span{0}, [ended = exec.mapped(), result = std::move(result)] { ended->ended(result); });
    return;
  }
  if (result) {
    complete(ticket, Reply{*result}, true);
  } else {
    complete(ticket, Fail(result.error()), true);
  }
}

void SimHost::main_exited(const JailKey& key, const LastExit& exit) {
  emit(MainExited{key, exit});
}

void SimHost::monitor_lost(const JailKey& key) {
  emit(MonitorLost{key});
}

}  // namespace jaild::host::sim
