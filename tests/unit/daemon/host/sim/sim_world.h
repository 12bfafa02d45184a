// A simulated machine in virtual time for tests, and one with a host over it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/host/sim/by_hand.h"
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/sim_host.h"
#include "daemon/host/sim/virtual_timeline.h"

namespace jaild::host::sim {

using namespace std::chrono_literals;

// The errno of a failed call; 0: it did not fail.
template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : result.error().os_errno;
}

inline RctlRule rule(const std::string& text) {
  return *RctlRule::parse(text);
}
inline CpuList cpus(const std::string& text) {
  return *CpuList::parse(text);
}

struct Machine {
  explicit Machine(KernelOptions options = {}) : kernel(std::make_shared<SimKernel>(*time, std::move(options))) {
    kernel->paths.add("/jail");
    kernel->network.add_interface("em0");
  }

  Result<int> create(const std::string& name, ParamList params = {}) {
    params.insert(params.begin(), {{"name", name}, {"persist", true}});
    return kernel->jail_set(jail_create, params, Actor::other);
  }
  Result<int> update(int jid, ParamList params) {
    params.emplace_back("jid", std::int64_t{jid});
    return kernel->jail_set(jail_update, params, Actor::other);
  }
  ParamValue param(int jid, const std::string& name) { return kernel->params_of(*kernel->find(jid)).at(name); }
  int start(int jid, const std::string& command) {
    SimKernel::Start what;
    what.command = command;
    what.program = kernel->programs.of(command, true);
    return kernel->start(jid, what).value_or(0);
  }
  void run_for(Span span) { time->run_for(span); }

  std::shared_ptr<VirtualTimeline> time = std::make_shared<VirtualTimeline>();
  std::shared_ptr<SimKernel> kernel;
  ByHand hand{*kernel};
};

// One daemon over a machine, with what it was told.
struct Daemon {
  explicit Daemon(Machine& on, std::shared_ptr<FaultPlan> faults = nullptr)
      : machine(on), host(std::make_unique<SimHost>(on.time, on.kernel, std::move(faults))) {
    EXPECT_TRUE(host->start(Sink{[this](OpDone each) { done.push_back(std::move(each)); },
                                 [this](Event event) { events.push_back(std::move(event)); }}));
  }
  void crash() { host.reset(); }

  template <class What>
  OpId submit(What what) {
    host->submit(Op{++last_id, std::move(what)});
    return last_id;
  }
  // The completion of `id` so far; nullptr: none.
  [[nodiscard]] const OpDone* find(OpId id) const {
    for (const OpDone& each : done) {
      if (each.id == id) return &each;
    }
    return nullptr;
  }
  // Submits and lets at most two minutes pass until it completes.
  template <class What>
  Result<Reply> perform(What what) {
    const OpId id = submit(std::move(what));
    const Moment end = machine.time->now() + 2min;
    while (find(id) == nullptr && machine.time->next() && *machine.time->next() <= end) machine.time->step();
    const OpDone* found = find(id);
    if (found == nullptr) return Fail(Kind::internal, "the operation never completed");
    return found->result;
  }
  template <class What>
  [[nodiscard]] std::size_t count() const {
    std::size_t found = 0;
    for (const Event& each : events) found += std::holds_alternative<What>(each) ? 1 : 0;
    return found;
  }

  // A jail as core brings it up: monitor, jail_set, limits.
  JailKey up(const std::string& name, JailSpec spec = {}) {
    JailKey key{name, ++last_run, 0};
    if (!spec.has("path")) spec.params["path"] = std::string("/jail/" + name);
    EXPECT_TRUE(perform(OpenMonitor{key}));
    const auto created = perform(Create{key, spec});
    EXPECT_TRUE(created) << created.error().message;
    if (created) key.jid = std::get<Created>(*created).jid;
    EXPECT_TRUE(perform(SetRules{key, spec.rctl}));
    if (spec.cpuset) {
      EXPECT_TRUE(perform(SetCpuset{key, spec.cpuset}));
    }
    return key;
  }
  static Command command(const std::string& line, bool in_jail = true) {
    Command made;
    made.phase = in_jail ? "exec.start" : "exec.prestart";
    made.line = line;
    made.in_jail = in_jail;
    return made;
  }
  CommandResult run(const JailKey& key, const std::string& line, bool in_jail = true) {
    const auto result = perform(Run{key, command(line, in_jail)});
    EXPECT_TRUE(result) << line;
    return result ? std::get<CommandResult>(*result) : CommandResult{};
  }

  Machine& machine;
  std::unique_ptr<SimHost> host;
  std::vector<OpDone> done;
  std::vector<Event> events;
  OpId last_id = 0;
  std::uint64_t last_run = 0;
};

}  // namespace jaild::host::sim
