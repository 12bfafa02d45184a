#include "daemon/runtime/loop_exec.h"

#include <utility>

namespace jaild::runtime {

Result<ExecSlots::Slot> ExecSlots::take(const std::string& jail) {
  if (taken_->all >= execs_max) return Fail(Kind::overloaded, "too many commands run by hand in all jails together");
  std::size_t& of_jail = taken_->by_jail[jail];
  if (of_jail >= execs_of_jail_max) return Fail(Kind::overloaded, "too many commands run by hand in " + jail);
  ++of_jail;
  ++taken_->all;
  return Slot(static_cast<const void*>(taken_.get()), [taken = taken_, jail](const void*) {
    --taken->all;
    if (--taken->by_jail[jail] == 0) taken->by_jail.erase(jail);
  });
}

void LoopExec::read(server::Done<ExecEvent> done) {
  session_->read([&loop = loop_, alive = alive_, done = std::move(done)](Result<ExecEvent> event) {
    loop.post([alive, done, event = std::move(event)] {
      if (*alive) done(event);
    });
  });
}

void LoopExec::write(std::string bytes, std::function<void()> taken) {
  session_->write(std::move(bytes), [&loop = loop_, alive = alive_, taken = std::move(taken)] {
    loop.post([alive, taken] {
      if (*alive) taken();
    });
  });
}

}  // namespace jaild::runtime
