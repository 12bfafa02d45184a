// The only way to the kernel. Three implementations: freebsd, linux, sim; one contract test suite runs over all
// (tests/contract). Everything that crosses this interface is a value that could go over a socket.
//
// Threads: submit() and check() on the loop thread, never blocking; the queries on the query pool, several at a time.
// Completions and events come through the sink, on any thread; the runtime posts them to the loop.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/contract/host_profile.h"
#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "daemon/core/named_things.h"
#include "daemon/core/operation.h"
#include "daemon/host/exec.h"

namespace jaild::host {

using core::Acquire;
using core::Cancel;
using core::CloseMonitor;
using core::Command;
using core::CommandResult;
using core::Create;
using core::Created;
using core::Event;
using core::JailChanged;
using core::JailEmpty;
using core::JailFacts;
using core::JailGone;
using core::JailKey;
using core::LedgerEntry;
using core::LimitHit;
using core::LogTold;
using core::MainExited;
using core::MonitorFacts;
using core::MonitorLost;
using core::Nothing;
using core::Op;
using core::OpDone;
using core::OpenMonitor;
using core::OpId;
using core::OtherRules;
using core::Release;
using core::Remove;
using core::Reply;
using core::Resolve;
using core::Resolved;
using core::Run;
using core::SetCpuset;
using core::SetParams;
using core::SetRules;
using core::StartMain;
using core::Survey;
using core::Terminate;
using core::Terminated;

// Where completions and events go. Called on any thread.
struct Sink {
  std::function<void(OpDone)> done;
  std::function<void(Event)> event;
};

class Host {
 public:
  virtual ~Host() = default;

  [[nodiscard]] virtual const HostProfile& profile() const = 0;

  // What this host cannot enforce or does not have, each with its pointer below `base`. Pure.
  [[nodiscard]] virtual std::vector<FieldError> check(const std::string& name, const JailSpec& spec,
                                                      const std::string& base) const = 0;

  // What Resolve would find for a jail of this spec, as far as the spec tells: for a dry run. Pure.
  [[nodiscard]] virtual core::Resolved planned(const std::string& /*name*/, const JailSpec& spec) const {
    return core::named_things(spec);
  }

  // Before anything else, once. Takes up monitors that an earlier daemon left; survey() then shows them.
  virtual Result<void> start(Sink sink) = 0;
  // No completion or event comes after it returns. Jails and monitors go on.
  virtual void stop() = 0;

  // A jail is declared whose root is `path`, started or not; told again for each change of it, and at the start of the
  // daemon for all there are. Loop thread, never blocking.
  virtual void declared(const std::string& /*path*/) {}

  virtual void submit(Op op) = 0;

  // A command that somebody runs in the jail by hand, beside whatever else is under way there. Any thread, never
  // blocking.
  virtual void exec(const JailKey& key, ExecRequest request, ExecStarted done) = 0;

  virtual Result<Survey> survey() = 0;
  // Usage of all of `keys` in one walk; a jail that is gone is left out.
  virtual Result<std::map<std::string, Usage>> usage(const std::vector<JailKey>& keys) = 0;
  virtual Result<std::vector<ProcessInfo>> processes(const JailKey& key) = 0;
};

}  // namespace jaild::host
