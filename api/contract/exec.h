// A command that somebody runs in a running jail: POST and GET /jails/{name}/exec, and what crosses their WebSocket.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/result.h"

namespace jaild {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
  bool operator==(const TerminalSize&) const = default;
};

struct ExecRequest {
  std::vector<std::string> command;  // program and arguments; empty: the user's login shell
  std::string user;                  // a name or a number, looked up in the jail; "" root
  std::string cwd;                   // "" the root of the jail; for a login shell the user's home
  std::map<std::string, std::string> env;
  std::string login_class;               // FreeBSD; "" the user's
  std::chrono::seconds timeout{0};       // then it is ended with its children; 0 unlimited
  std::optional<TerminalSize> terminal;  // set: it gets a terminal of this size; else three pipes
  std::string input;                     // one-shot: its whole standard input
  int fib = 0;                           // the jail's exec.fib; not part of a request
};

// POSIX's portable names of variables, and no more: a name with "=" in it would be another variable.
[[nodiscard]] bool is_variable(std::string_view name);

enum class ExecWay { once, stream };

// The body of POST .../exec, or the first message of the WebSocket. Every mistake is reported at once (Kind::invalid).
//   {"command":["ls","-l"],"user"?,"cwd"?,"env"?:{"K":"V"},"login_class"?,"timeout_seconds"?}
//   once: "stdin"?; stream: "terminal"?:{"columns","rows"}, and "command" may be absent.
Result<ExecRequest> parse_exec_request(const nlohmann::json& body, ExecWay way);
nlohmann::json to_json(const ExecRequest& request);

constexpr std::chrono::seconds exec_once_timeout{60};  // of a one-shot that names none
constexpr std::chrono::seconds exec_timeout_max{86'400};
constexpr std::size_t exec_text_max = 64 * 1024;  // bytes of command and env together
constexpr std::size_t exec_words_max = 1024;      // elements of command, and of env

// How it ended: by itself with `code`, or by a signal. What could not be run at all is code 127 (there is no such
// program) or 126 (anything else), with `error`, as a shell would say.
struct ExecExit {
  std::optional<int> code;
  int signal = 0;
  bool timed_out = false;
  std::string error;
  bool operator==(const ExecExit&) const = default;
};
nlohmann::json to_json(const ExecExit& exit);  // {"code":0} or {"signal":"SIGKILL"}, "timed_out"?, "error"?
Result<ExecExit> parse_exec_exit(const nlohmann::json& body);

// The first byte of a binary message says which stream the rest belongs to.
enum class ExecStream : char { input = 0, output = 1, errors = 2 };

struct ExecOutput {
  ExecStream stream = ExecStream::output;
  std::string bytes;
};
using ExecEvent = std::variant<ExecOutput, ExecExit>;

// Text messages from the client after the first: {"resize":{"columns","rows"}}, {"signal":"SIGTERM"}, {"eof":true},
// {"detach":true}.
struct ExecSignal {
  int number = 0;
};
struct ExecEof {};     // the end of its standard input
struct ExecDetach {};  // the connection ends, the command does not
using ExecControl = std::variant<TerminalSize, ExecSignal, ExecEof, ExecDetach>;
Result<ExecControl> parse_exec_control(std::string_view message);

}  // namespace jaild
