// Jails may share a root, and then the file systems on it: who uses which of those that jaild mounted. In files,
// because a jail and its mounts outlive the daemon.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

// Owner: the host. Any thread. A mount is known by the kernel's id of it.
class SharedMounts {
 public:
  explicit SharedMounts(std::string directory) : directory_(std::move(directory)) {}
  SharedMounts(const SharedMounts&) = delete;
  SharedMounts& operator=(const SharedMounts&) = delete;

  // Waits until nobody else acts on this mount point; theirs is the next turn when the object goes. A mount takes at
  // most 60 s.
  class Turn {
   public:
    Turn(SharedMounts& mounts, std::string path);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SharedMounts& mounts_;
    const std::string path_;
  };

  // Whether jaild mounted it there with these options, since the host is up.
  [[nodiscard]] bool made(const std::string& id, const std::string& path, const std::string& options) const;
  // The same, with whatever options.
  [[nodiscard]] bool made(const std::string& id, const std::string& path) const;
  // `user` uses it from now on; again is success.
  Result<void> claim(const std::string& id, const std::string& path, const std::string& options,
                     const std::string& user);
  // `user` does so no more. Whether somebody else does.
  [[nodiscard]] bool drop(const std::string& id, const std::string& user);

 private:
  struct Record {
    std::string path;
    std::string options;
    std::set<std::string> users;
  };
  [[nodiscard]] std::string file_of(const std::string& id) const { return directory_ + "/" + id; }
  [[nodiscard]] std::optional<Record> read(const std::string& id) const;
  Result<void> write(const std::string& id, const Record& record) const;

  const std::string directory_;
  mutable std::mutex mutex_;  // of the files and what follows
  std::condition_variable freed_;
  std::set<std::string> taken_;  // the paths whose turn it is
};

}  // namespace jaild::host
