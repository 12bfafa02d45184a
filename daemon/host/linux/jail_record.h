// What the monitors keep of running jails, RUN_DIR/jails/NAME.json: the nearest Linux has to a kernel's list of jails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jaild::host {

struct JailRecord {
  std::string name;
  std::uint64_t run = 0;
  int pid = 0;                   // pid 1 of the jail, as the host counts: its jid
  std::uint64_t start_time = 0;  // the same pid with another is not the jail
  std::string path;
};

[[nodiscard]] std::vector<JailRecord> live_jails(const std::string& run_dir);
// nullopt: no record. Whether the jail still lives is another question.
[[nodiscard]] std::optional<JailRecord> jail_record(const std::string& run_dir, const std::string& name);
[[nodiscard]] bool lives(const JailRecord& record);
// Removes the record of this run, when its jail is gone; the monitor, where there is one, does so too.
void forget_dead_jail(const std::string& run_dir, const std::string& name, std::uint64_t run);

}  // namespace jaild::host
