// The production engine and service over the simulated kernel, a store in memory and a clock that stands still.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/host/sim/sim_host.h"
#include "daemon/runtime/jail_service.h"
#include "tests/fakes/memory_store.h"
#include "tests/fakes/requests.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/simulation/virtual_loop.h"

namespace jaild::runtime {

inline JailSpec a_service(const std::string& command = "daemon") {
  JailSpec spec;
  spec.params["path"] = std::string("/jail/web");
  spec.command = command;
  return spec;
}

using tests::a_set;
using tests::declare;
using tests::member;

struct World {
  World() {
    kernel->paths.add("/jail/web");
    if (const auto started = engine.start(); !started) refusal = started.error().message;
  }
  ~World() { engine.stop(); }

  // Asks and lets `time` pass; nullopt: there is no answer yet.
  std::optional<Result<ChangeReply>> ask(ChangeRequest request, std::chrono::seconds wait,
                                         std::chrono::seconds time = std::chrono::seconds{2}) {
    const auto answer = std::make_shared<std::optional<Result<ChangeReply>>>();
    service.change(std::move(request), wait, [answer](Result<ChangeReply> reply) { *answer = std::move(reply); });
    pass(time);
    return *answer;
  }
  void pass(std::chrono::nanoseconds time) { timeline->run_for(time); }
  [[nodiscard]] JailState state(const std::string& name) const { return service.get(name)->status.state; }

  std::shared_ptr<host::sim::VirtualTimeline> timeline = std::make_shared<host::sim::VirtualTimeline>();
  std::shared_ptr<host::sim::SimKernel> kernel =
      std::make_shared<host::sim::SimKernel>(*timeline, host::sim::KernelOptions{});
  store::MemoryStore store;
  simulation::VirtualLoop loop{*timeline};
  host::sim::SimHost host{timeline, kernel, nullptr};
  Engine engine{loop, host, store, core::SupervisorOptions{{}, 4, kernel->boot_id(), 1}};
  metrics::Metrics metrics;
  tests::TemporaryDirectory consoles;
  JailService service{loop, engine, host, store, metrics, consoles.path()};
  std::string refusal;  // why the engine did not start
};

}  // namespace jaild::runtime
