#include "daemon/host/freebsd/shared_mounts.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "daemon/host/freebsd/boot_id.h"
#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {

namespace fs = std::filesystem;

SharedMounts::Turn::Turn(SharedMounts& mounts, std::string path) : mounts_(mounts), path_(std::move(path)) {
  std::unique_lock lock(mounts_.mutex_);
  mounts_.freed_.wait(lock, [&] { return !mounts_.taken_.contains(path_); });
  mounts_.taken_.insert(path_);
}

SharedMounts::Turn::~Turn() {
  const std::lock_guard lock(mounts_.mutex_);
  mounts_.taken_.erase(path_);
  mounts_.freed_.notify_all();
}

bool SharedMounts::made(const std::string& id, const std::string& path, const std::string& options) const {
  const std::lock_guard lock(mutex_);
  const auto record = read(id);
  return record && record->path == path && record->options == options;
}

bool SharedMounts::made(const std::string& id, const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto record = read(id);
  return record && record->path == path;
}

Result<void> SharedMounts::claim(const std::string& id, const std::string& path, const std::string& options,
                                 const std::string& user) {
  const std::lock_guard lock(mutex_);
  Record record = read(id).value_or(Record{});
  if (record.path != path || record.options != options) record = Record{path, options, {}};
  if (!record.users.insert(user).second) return {};
  return write(id, record);
}

bool SharedMounts::drop(const std::string& id, const std::string& user) {
  const std::lock_guard lock(mutex_);
  auto record = read(id);
  if (!record) return false;
  record->users.erase(user);
  if (!record->users.empty()) {
    // One that cannot be taken off the list keeps the mount; better than to take it from another who has it.
    [[maybe_unused]] const auto written = write(id, *record);
    return true;
  }
  std::error_code ignored;
  fs::remove(file_of(id), ignored);
  return false;
}

// One line each: boot, path, options, then the users. A path with a line break in it (\012 in fstab(5)) is not found
// again: its mount is never shared.
std::optional<SharedMounts::Record> SharedMounts::read(const std::string& id) const {
  std::ifstream in(file_of(id));
  std::string boot;
  Record record;
  if (!std::getline(in, boot) || boot != boot_id()) return std::nullopt;  // ids start anew with the kernel
  if (!std::getline(in, record.path) || !std::getline(in, record.options)) return std::nullopt;
  for (std::string user; std::getline(in, user);) record.users.insert(user);
  return record;
}

Result<void> SharedMounts::write(const std::string& id, const Record& record) const {
  std::error_code failed;
  fs::create_directories(directory_, failed);
  const std::string fresh = file_of(id) + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << boot_id() << '\n' << record.path << '\n' << record.options << '\n';
    for (const std::string& user : record.users) out << user << '\n';
    if (!out.flush()) return Fail(os_error("write " + fresh, errno));
  }
  fs::rename(fresh, file_of(id), failed);
  if (failed) return Fail(os_error("write " + file_of(id), failed.value()));
  return {};
}

}  // namespace jaild::host
