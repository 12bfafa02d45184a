// What the monitors keep of running jails, RUN_DIR/jails/NAME.json: the nearest Linux has to a kernel's list of jails.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace jaild::host {

struct JailRecord {
  std::string name;
  std::uint64_t run = 0;
  int pid = 0;                   // pid 1 of the jail, as the host counts: its jid
  std::uint64_t start_time = 0;  // the same pid with another is not the jail
  std::string path;
};

// All of them, for those who look often: a record that has not changed costs a stat(2), no read and no parsing.
// Owner: LinuxHost. Any thread; one at a time.
class JailRecords {
 public:
  explicit JailRecords(std::string run_dir) : run_dir_(std::move(run_dir)) {}

  [[nodiscard]] std::vector<JailRecord> live();

 private:
  // A monitor renames a whole file into place. Two files of one inode, one size and one time would be two runs of a
  // jail begun within a tick of the clock.
  struct Seen {
    ino_t inode = 0;
    off_t size = 0;
    timespec changed{};
    std::optional<JailRecord> record;
  };
  void refresh(Seen& seen, const std::string& name) const;

  const std::string run_dir_;
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;  // by the name of the jail
};

// nullopt: no record. Whether the jail still lives is another question.
[[nodiscard]] std::optional<JailRecord> jail_record(const std::string& run_dir, const std::string& name);
[[nodiscard]] bool lives(const JailRecord& record);
// Removes the record of this run, when its jail is gone; the monitor, where there is one, does so too.
void forget_dead_jail(const std::string& run_dir, const std::string& name, std::uint64_t run);

}  // namespace jaild::host
