#include "daemon/host/linux/jail_record.h"

#include <filesystem>
#include <system_error>

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

std::optional<JailRecord> read_record(const std::string& path) {
  auto text = read_text(path, record_max);
  if (!text) return std::nullopt;
  auto body = parse_json(*text);
  if (!body || !body->is_object()) return std::nullopt;
  JailRecord record{json_text(*body, "name"), static_cast<std::uint64_t>(json_number(*body, "run")),
                    static_cast<int>(json_number(*body, "pid")),
                    static_cast<std::uint64_t>(json_number(*body, "start_time")), json_text(*body, "path")};
  return record;
}

}  // namespace

std::optional<JailRecord> jail_record(const std::string& run_dir, const std::string& name) {
  auto record = read_record(record_path(run_dir, name));
  if (!record || record->name != name) return std::nullopt;
  return record;
}

bool lives(const JailRecord& record) {
  return is_alive(record.pid, record.start_time);
}

std::vector<JailRecord> live_jails(const std::string& run_dir) {
  std::vector<JailRecord> records;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(run_dir + "/jails", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    auto record = jail_record(run_dir, entry->path().stem().string());
    if (record && lives(*record)) records.push_back(std::move(*record));
  }
  return records;
}

void forget_dead_jail(const std::string& run_dir, const std::string& name, std::uint64_t run) {
  const auto record = jail_record(run_dir, name);
  if (!record || record->run != run || lives(*record)) return;
  std::error_code ignored;  // the monitor may have been quicker
  std::filesystem::remove(record_path(run_dir, name), ignored);
}

}  // namespace jaild::host
