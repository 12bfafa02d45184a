// Commands that somebody runs by hand.
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/sim_exec.h"
#include "daemon/host/sim/sim_host.h"

namespace jaild::host::sim {
namespace {

// Tickets of operations count from 1, those of health checks from 2^62.
constexpr std::uint64_t first_exec = std::uint64_t{1} << 63;

}  // namespace

void SimHost::exec(const JailKey& key, ExecRequest request, ExecStarted done) {
  later(Span{0}, [this, key, request = std::move(request), done = std::move(done)] { begin_exec(key, request, done); });
}

void SimHost::begin_exec(const JailKey& key, const ExecRequest& request, const ExecStarted& done) {
  if (jail_of(key, "exec") == nullptr) return done(Fail(Kind::not_running, key.name + " is not running"));
  const std::uint64_t ticket = first_exec + ++last_exec_;
  auto exec = std::make_shared<SimExec>(kernel_, key, ticket, request);
  Command command;
  command.phase = "exec";
  command.line = exec->line();
  command.in_jail = true;
  command.user = request.user;
  command.timeout = request.timeout;
  execs_.emplace(ticket, exec);
  const auto running = kernel_->monitors().run(key, command, ticket);
  if (!running) {
    execs_.erase(ticket);
    return done(Fail(running.error()));
  }
  const auto post = [timeline = timeline_, alive = alive_](std::function<void()> task) {
    timeline->at(timeline->now(), [alive, task = std::move(task)] {
      if (*alive) task();
    });
  };
  done(make_exec_session(std::move(exec), post));
}

}  // namespace jaild::host::sim
