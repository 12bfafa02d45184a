#include "daemon/host/linux/jail_record.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/proc.h"
#include "daemon/host/monitor_session.h"

namespace jaild::host {
namespace {

constexpr std::size_t record_max = 64 * 1024;

std::string record_path(const std::string& run_dir, const std::string& name) {
  return run_dir + "/jails/" + name + ".json";
}

}  // namespace

std::optional<JailRecord> jail_record(const std::string& run_dir, const std::string& name) {
  auto text = read_text(record_path(run_dir, name), record_max);
  if (!text) return std::nullopt;
  auto body = parse_json(*text);
  if (!body || !body->is_object()) return std::nullopt;
  JailRecord record{json_text(*body, "name"), static_cast<std::uint64_t>(json_number(*body, "run")),
                    static_cast<int>(json_number(*body, "pid")),
                    static_cast<std::uint64_t>(json_number(*body, "start_time")), json_text(*body, "path")};
  if (record.name != name) return std::nullopt;
  return record;
}

bool lives(const JailRecord& record) {
  return is_alive(record.pid, record.start_time);
}

void JailRecords::refresh(Seen& seen, const std::string& name) const {
  struct stat now{};
  if (::stat(record_path(run_dir_, name).c_str(), &now) != 0) {
    seen = {};
    return;
  }
  const bool same = seen.inode == now.st_ino && seen.size == now.st_size && seen.changed.tv_sec == now.st_ctim.tv_sec &&
                    seen.changed.tv_nsec == now.st_ctim.tv_nsec;
  if (same) return;
  seen = {now.st_ino, now.st_size, now.st_ctim, jail_record(run_dir_, name)};
}

std::vector<JailRecord> JailRecords::live() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Seen> present;  // what is not in the directory any more is forgotten
  std::vector<JailRecord> records;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(run_dir_ + "/jails", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    const std::string name = entry->path().stem().string();
    auto known = seen_.extract(name);
    Seen& seen = known ? present.insert(std::move(known)).position->second : present[name];
    refresh(seen, name);
    if (seen.record && lives(*seen.record)) records.push_back(*seen.record);
  }
  seen_ = std::move(present);
  return records;
}

void forget_dead_jail(const std::string& run_dir, const std::string& name, std::uint64_t run) {
  const auto record = jail_record(run_dir, name);
  if (!record || record->run != run || lives(*record)) return;
  std::error_code ignored;  // the monitor may have been quicker
  std::filesystem::remove(record_path(run_dir, name), ignored);
}

}  // namespace jaild::host
