// Commands by hand: from a request to a process of the host.
#include <optional>
#include <utility>

#include "daemon/runtime/exec_audit.h"
#include "daemon/runtime/jail_service.h"

namespace jaild::runtime {

void JailService::exec(const std::string& name, ExecRequest request, const Requester& who,
                       server::Done<std::shared_ptr<server::ExecProcess>> done) {
  const auto key = running_key(name);
  if (!key) return done(Fail(key.error()));
  if (key->run == 0) {
    return done(Fail(Kind::conflict, name + " is a foreign jail: jexec(8) reaches it, jaild does not"));
  }
  auto slot = exec_slots_.take(name);
  if (!slot) return done(Fail(slot.error()));
  // Told at once, or nothing is run. Where the disk is full the line is in the log, and nobody is kept out of a jail.
  const auto untold = std::make_shared<std::optional<Error>>();
  engine_.record(exec_record(name, request, who), [untold](const Result<void>& recorded) {
    if (!recorded) *untold = recorded.error();
  });
  if (*untold) return done(Fail(**untold));
  request.fib = static_cast<int>(engine_.supervisor().find(name)->run()->spec.number("exec.fib"));
  const auto process = std::make_shared<LoopExec>(loop_, std::move(*slot));
  host_.exec(*key, std::move(request), [&loop = loop_, process, done = std::move(done), self = self_](auto started) {
    auto session = std::make_shared<decltype(started)>(std::move(started));  // a task must be copyable
    loop.post([process, session, done, self] {
      if (*self == nullptr) return;
      if (!*session) return done(Fail(session->error()));
      process->begin(std::move(**session));
      done(process);
    });
  });
}

}  // namespace jaild::runtime
