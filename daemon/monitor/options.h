// What the monitor is started with, and the places that follow from it (protocol.h, FILES).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/jail_trees.h"
#include "daemon/monitor/log_rate.h"

namespace jaild::monitor {

struct Options {
  std::string name;
  std::uint64_t run = 0;
  std::string run_dir;
  std::string log_dir;
  std::string state_dir;
  std::uint64_t log_rate = LogRate::bytes_default;  // bytes a second

  [[nodiscard]] std::string socket_path() const { return run_dir + "/monitors/" + std::to_string(run) + ".sock"; }
  [[nodiscard]] std::string jail_record_path() const { return run_dir + "/jails/" + name + ".json"; }
  [[nodiscard]] std::string exit_record_path() const { return state_dir + "/exits/" + std::to_string(run) + ".json"; }
  [[nodiscard]] std::string trees_path() const { return host::jail_trees_file(state_dir); }
  [[nodiscard]] std::string console_dir() const { return log_dir + "/jails"; }
  [[nodiscard]] std::string log_path() const { return console_dir() + "/" + name + ".log"; }
  [[nodiscard]] std::string staging_path() const { return run_dir + "/root"; }  // Linux: where a root is put together
};

// `arguments` without the program's name. Kind::invalid says what is wrong.
Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace jaild::monitor
