// jail.conf files as jailctl meets them: which of them the host reads, and what is declared from them.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "api/jailconf/declare.h"
#include "client/session.h"

namespace jaild::client {

// A text that begins with a brace or a bracket is JSON; everything else is jail.conf(5).
[[nodiscard]] bool looks_like_json(std::string_view text);

// The jails of one text called `file` and of what it includes.
[[nodiscard]] jailconf::Declarations read_jail_conf(const std::string& file, const std::string& text,
                                                    const std::string& rctl_conf = "");

// All files that rc.d/jail would use below `directory` ("/etc"): jail.NAME.conf goes before jail.conf.d/NAME.conf,
// which goes before jail.conf. Files that jail.conf includes are not read twice. `mistakes` says when there is none at
// all.
[[nodiscard]] jailconf::Declarations read_host_jail_conf(const std::string& directory, const std::string& rctl_conf);

// The jails in the order of their dependencies.
void order_by_dependency(std::vector<jailconf::Declared>& jails);

// Says all mistakes on standard error and returns ExitCode::usage; ExitCode::ok when there is none. Warnings are said
// in either case.
ExitCode report(Session& session, const jailconf::Declarations& declarations);

// The mistakes of a daemon's refusal, with their places in the file; `error` as a whole when it has no fields.
[[nodiscard]] std::vector<std::string> located(const jailconf::Declared& jail, const Error& error);

}  // namespace jaild::client
