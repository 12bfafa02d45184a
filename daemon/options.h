// The command line of jaild, and with it the settings of jaild.conf(5).
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "api/contract/result.h"

namespace jaild {

struct MemberNames {
  std::vector<std::string> users;  // names or numbers
  std::vector<std::string> groups;
};

// Who has which role on the Unix socket; the user of jaild itself is always an admin.
struct RoleOptions {
  MemberNames viewer;
  MemberNames operator_;
  MemberNames admin;
};

struct DaemonOptions {
  std::filesystem::path state_dir;
  std::filesystem::path run_dir;
  std::filesystem::path log_dir;         // consoles of the jails
  std::uint64_t log_rate = 1024 * 1024;  // of one jail's console, bytes a second
  bool log_to_file = false;              // --log-dir was given: the daemon's own log goes there too
  bool syslog = false;
  std::string log_level = "info";
  std::string host;                 // "": the platform's own
  std::vector<std::string> listen;  // none: RUN_DIR/jaild.sock
  std::string metrics_listen;       // "": none
  RoleOptions roles;
  std::string socket_group;             // of the Unix sockets; "": group 0 where jaild is root, else its own
  std::vector<std::string> http_hosts;  // names that Host may have over TCP
  std::int64_t http_bytes = std::int64_t{64} << 20;  // of requests and answers held at once
  std::filesystem::path monitor;                     // "": beside jaild, else in libexec
  std::vector<std::string> pass_env;                 // names of jaild's own variables that commands get
  int parallel_starts = 0;                           // 0: one for each CPU
  std::chrono::seconds start_timeout{600};
  std::chrono::seconds stop_timeout{120};
  // For all jails together when the host goes down: rc.shutdown(8) kills what is left after 90 s, and others come
  // after.
  std::chrono::seconds shutdown_timeout{75};

  std::filesystem::path config;                 // "": none was read
  bool check_only = false;                      // --check: say whether all this is right, and end
  std::vector<std::string> arguments;           // what it was read from, so that a reload can read it again
  std::vector<std::string> warnings;            // about the file
  std::map<std::string, std::string> settings;  // every one by its name in jaild.conf, as text; lists with commas
};

// What is wrong with the command line or the file, or --help and --version: the text to print and the code to exit
// with.
struct EarlyExit {
  int code = 0;
  std::string text;
};

// Reads the arguments (without the program's name) and the configuration file: the one of --config, else the default
// one if it is there. Never prints and never exits by itself.
std::variant<DaemonOptions, EarlyExit> parse_command_line(std::vector<std::string> arguments);
std::variant<DaemonOptions, EarlyExit> parse_command_line(int argc, const char* const* argv);

}  // namespace jaild
