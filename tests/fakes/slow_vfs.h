// SQLite's view of the disk with a slow, failing, full or powerless disk behind it: a shim over the system's VFS.
//
// Owner: the test; it outlives every database opened through it. The switches are for any thread. It has no shared
// memory (version 1 methods), so a write-ahead log works in exclusive locking mode only.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>

namespace jaild::store {

class SlowVfs {
 public:
  explicit SlowVfs(std::string name);  // registers with SQLite under `name`
  ~SlowVfs();
  SlowVfs(const SlowVfs&) = delete;
  SlowVfs& operator=(const SlowVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  // Syncs. None reaches the real disk: what counts here is when they happen, and the machine stays up.
  [[nodiscard]] std::size_t syncs() const;  // that have begun
  void delay_syncs(std::chrono::milliseconds delay);
  void hold_syncs();                                 // a sync that begins waits...
  void release_syncs();                              // ...until now
  [[nodiscard]] bool wait_for_held_sync();           // false: none came within 30 s
  void fail_syncs(std::size_t count, int os_errno);  // the next `count`; 0 ends it

  // Writes that would make a file longer fail as on a full disk.
  void set_full(bool full);

  // Power. From watch() on it is known what a disk would hold: what each file was at its last sync. The power goes at
  // the nth sync from now, before it or after it; then every call fails. After the database is closed, restore() makes
  // the files what that disk would hold. With a seed, sectors that were written and not synced are there or not, by
  // chance.
  void watch(const std::filesystem::path& directory);
  enum class Cut { before_sync, after_sync };
  void cut_power(std::size_t nth_sync, Cut cut);
  [[nodiscard]] bool power_is_cut() const;
  void restore(std::optional<std::uint64_t> seed);

 private:
  struct File;
  struct Calls;  // the functions that SQLite calls
  using Bytes = std::string;

  [[nodiscard]] bool dead() const;
  [[nodiscard]] bool refuses_growth() const;
  int sync(const File& file);
  void remember_synced(const char* path);
  void remember_deleted(const char* path);

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t syncs_ = 0;
  std::chrono::milliseconds delay_{0};
  bool hold_ = false;
  std::size_t held_ = 0;
  std::size_t failing_syncs_ = 0;
  int sync_errno_ = 0;
  bool full_ = false;
  bool watching_ = false;
  std::filesystem::path directory_;
  std::map<std::string, Bytes> synced_;  // by path
  std::size_t cut_at_ = 0;               // number of the sync; 0: never
  Cut cut_ = Cut::before_sync;
  bool power_cut_ = false;
};

}  // namespace jaild::store
