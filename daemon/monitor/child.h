// From fork to exec: one command, on the host or in the jail.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"
#include "daemon/monitor/environment.h"
#include "daemon/monitor/jail.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

// What the command gets as 0, 1 and 2; not owned. -1: the host's /dev/null for a command on the host, ended_pipe() in a
// jail.
struct Stdio {
  int in = -1;
  int out = -1;
  int err = -1;
};

struct Launch {
  CommandRequest command;
  std::vector<std::string> argv;
  Environment inherited;
  JailVariables jail_variables;
  Stdio stdio;
  AtMonitorsDeath fate = AtMonitorsDeath::dies;
  const ExecCommand* exec = nullptr;  // what somebody runs by hand; not owned
  int lifeline = -1;                  // with exec: where the master of its terminal is sent; not owned
};

struct Child {
  pid_t pid = 0;    // of what was forked
  SharedPid born;   // Forked::born
  UniqueFd report;  // non-blocking; end of file without a byte: exec'ed

  // The one that runs the command, or is on its way to it.
  [[nodiscard]] pid_t process() const { return born.get() != 0 ? born.get() : pid; }
};

// Returns after fork; what the child meets before exec comes through `report` as encode_report() wrote it.
Result<Child> launch(const Launch& launch, Jail& jail);

// What ends at once when it is read. A jail gets it where others get /dev/null: root in a jail may change the mode and
// the owner of every inode that it holds, so it holds none of the host's; and under the name /dev/null in the jail
// there may be anything.
Result<UniqueFd> ended_pipe();

// How a child tells an Error in at most PIPE_BUF bytes. Pure.
std::string encode_report(const Error& error);
Error decode_report(const std::string& bytes);

}  // namespace jaild::monitor
