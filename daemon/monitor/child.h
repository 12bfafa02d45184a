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

struct Launch {
  CommandRequest command;
  std::vector<std::string> argv;
  Environment inherited;
  JailVariables jail_variables;
  int output = -1;  // the console's pipe; not owned
};

struct Child {
  pid_t pid = 0;
  UniqueFd report;  // non-blocking; end of file without a byte: exec'ed
};

// Returns after fork; what the child meets before exec comes through `report` as encode_report() wrote it.
Result<Child> launch(const Launch& launch, Jail& jail);

// How a child tells an Error in at most PIPE_BUF bytes. Pure.
std::string encode_report(const Error& error);
Error decode_report(const std::string& bytes);

}  // namespace jaild::monitor
