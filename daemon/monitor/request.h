// Requests as values (protocol.h). Pure: JSON in, value or Kind::invalid out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/exec.h"
#include "api/contract/result.h"

namespace jaild::monitor {

using Milliseconds = std::chrono::milliseconds;

struct CommandRequest {
  std::string phase;
  std::string line;
  bool in_jail = false;
  std::string user;
  bool system_user = false;
  bool clean = false;
  int fib = 0;
  Milliseconds timeout{0};  // 0: unlimited
  std::string console;
  std::string path;
};

// What somebody runs in the jail by hand.
struct ExecCommand {
  CommandRequest command;         // in_jail, clean; `line` is not used
  std::vector<std::string> argv;  // empty: the user's login shell
  std::vector<std::string> environment;
  std::string directory;  // "": the root; a login shell's is the user's home
  std::string login_class;
  std::optional<TerminalSize> terminal;
};

struct JailMount {
  enum class Type { bind, tmpfs };
  Type type = Type::bind;
  std::string source;
  std::string target;
  std::vector<std::string> options;
};

using Rlimits = std::map<std::string, std::int64_t>;  // -1: unlimited

// What later in-jail processes get; absent: as it was.
struct LimitsRequest {
  std::optional<std::vector<std::string>> cgroups;
  std::optional<Rlimits> rlimits;
};

struct CreateRequest {
  enum class Net { fresh, none, inherit };
  std::string path;
  std::string hostname;
  std::string domainname;
  Net net = Net::none;
  bool procfs = false;
  bool devfs = false;
  bool any_socket = false;  // socket_af
  std::vector<JailMount> mounts;
  std::vector<std::string> caps;
  LimitsRequest limits;
  std::string trees_file;  // jail_trees.h; the monitor's own
  Milliseconds timeout{30000};
};

[[nodiscard]] std::string net_word(CreateRequest::Net net);  // as parse_create() reads it

// Of hello: what commands inherit. Absent: as it was.
Result<std::optional<std::vector<std::string>>> parse_environment(const nlohmann::json& body);
Result<CommandRequest> parse_command(const nlohmann::json& body);
Result<ExecCommand> parse_exec(const nlohmann::json& body);
Result<CreateRequest> parse_create(const nlohmann::json& body);
Result<LimitsRequest> parse_limits(const nlohmann::json& body);

// body[name] as a whole number of milliseconds, 0 to 2^40.
Result<Milliseconds> parse_timeout(const nlohmann::json& body, const char* name, Milliseconds absent);

}  // namespace jaild::monitor
