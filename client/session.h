// What every command works with: the terminal, the daemon, the wanted form of output, and one way to report failure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "client/exit_code.h"
#include "client/jail_api.h"
#include "client/terminal.h"

namespace jaild::client {

class Session {
 public:
  // `terminal` is not owned.
  Session(Terminal& terminal, JailApi api, bool json) : terminal_(terminal), api_(std::move(api)), json_(json) {}

  [[nodiscard]] Terminal& terminal() { return terminal_; }
  [[nodiscard]] std::ostream& out() { return terminal_.out; }
  [[nodiscard]] const JailApi& api() const { return api_; }
  [[nodiscard]] bool json() const { return json_; }

  // "jailctl: web: what happened; what to do next" on standard error, one more line for each field. Returns the exit
  // code. `jail` may be "".
  ExitCode fail(const std::string& jail, const Error& error);
  ExitCode fail(const std::string& jail, ExitCode code, const std::string& message);
  void warn(const std::string& jail, const std::string& message);
  ExitCode usage(const std::string& message);
  // For words that become JSON: ExitCode::usage and a message when `text`, called `what`, is not UTF-8.
  ExitCode check_utf8(const std::string& what, std::string_view text);

  // Names are checked before anything is asked: ExitCode::usage names the first wrong one.
  ExitCode check_names(const std::vector<std::string>& names);

  // With -o json: {"items":[...]}, however many there are, so that what reads it need not count; lists among them, such
  // as dry runs, are joined. Nothing otherwise. What has jails goes back into up, plan and apply.
  void print_objects(const std::vector<nlohmann::json>& objects);

 private:
  void say(const std::string& jail, const std::string& message);

  Terminal& terminal_;
  JailApi api_;
  bool json_;
};

// After these the next jail would only fail in the same way.
[[nodiscard]] constexpr bool hopeless(ExitCode code) {
  return code == ExitCode::unreachable || code == ExitCode::not_authorised;
}

}  // namespace jaild::client
