// The line that a command by hand leaves in the audit trail.
#pragma once

#include <string>

#include "api/contract/exec.h"
#include "daemon/core/input.h"

namespace jaild::runtime {

// Of the words of a command, as far as they are told.
constexpr std::size_t audited_command_max = 1024;  // bytes

// "sh -c 'ls -l'": as it could be typed, cut with "..." beyond `audited_command_max`; "(login shell)" for none.
[[nodiscard]] std::string command_text(const std::vector<std::string>& command);

// The event `jail.exec`: who, from where, in which jail, as whom, which command. Never its environment or input.
[[nodiscard]] core::RecordRequested exec_record(const std::string& jail, const ExecRequest& request,
                                                const Requester& who);

}  // namespace jaild::runtime
