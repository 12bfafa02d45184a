#include "tests/fakes/slow_vfs.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

namespace jaild::store {

// SQLite allocates szOsFile bytes for it; the real file's own part follows.
struct SlowVfs::File {
  sqlite3_file base;  // first: SQLite sees only this
  SlowVfs* vfs;
  const char* path;  // SQLite's, valid until close; null for temporary files
  sqlite3_file* real;
};

// Each forwards to the real file or VFS, unless the disk is dead.
struct SlowVfs::Calls {
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static SlowVfs& of(sqlite3_vfs* vfs) { return *static_cast<SlowVfs*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    sqlite3_file* real = of(file).real;
    return real->pMethods != nullptr ? real->pMethods->xClose(real) : SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    if (of(file).vfs->dead()) return SQLITE_IOERR_READ;
    sqlite3_file* real = of(file).real;
    return real->pMethods->xRead(real, to, size, offset);
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    SlowVfs& vfs = *of(file).vfs;
    if (vfs.dead()) return SQLITE_IOERR_WRITE;
    sqlite3_file* real = of(file).real;
    sqlite3_int64 length = 0;
    if (vfs.refuses_growth() && real->pMethods->xFileSize(real, &length) == SQLITE_OK && offset + size > length) {
      return SQLITE_FULL;
    }
    return real->pMethods->xWrite(real, from, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (of(file).vfs->dead()) return SQLITE_IOERR_TRUNCATE;
    sqlite3_file* real = of(file).real;
    return real->pMethods->xTruncate(real, size);
  }
  static int sync(sqlite3_file* file, int) { return of(file).vfs->sync(of(file)); }
  static int size(sqlite3_file* file, sqlite3_int64* size) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xFileSize(real, size);
  }
  static int lock(sqlite3_file* file, int level) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xLock(real, level);
  }
  static int unlock(sqlite3_file* file, int level) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xUnlock(real, level);
  }
  static int check_reserved_lock(sqlite3_file* file, int* locked) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xCheckReservedLock(real, locked);
  }
  static int control(sqlite3_file* file, int what, void* argument) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xFileControl(real, what, argument);
  }
  static int sector_size(sqlite3_file* file) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xSectorSize(real);
  }
  static int characteristics(sqlite3_file* file) {
    sqlite3_file* real = of(file).real;
    return real->pMethods->xDeviceCharacteristics(real);
  }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    static const sqlite3_io_methods methods = [] {
      sqlite3_io_methods made{};
      made.iVersion = 1;
      made.xClose = close;
      made.xRead = read;
      made.xWrite = write;
      made.xTruncate = truncate;
      made.xSync = sync;
      made.xFileSize = size;
      made.xLock = lock;
      made.xUnlock = unlock;
      made.xCheckReservedLock = check_reserved_lock;
      made.xFileControl = control;
      made.xSectorSize = sector_size;
      made.xDeviceCharacteristics = characteristics;
      return made;
    }();
    SlowVfs& self = of(vfs);
    File& opened = of(file);
    opened.base.pMethods = nullptr;
    if (self.dead()) return SQLITE_CANTOPEN;
    opened.vfs = &self;
    opened.path = path;
    opened.real = reinterpret_cast<sqlite3_file*>(&opened + 1);
    const int code = self.real_->xOpen(self.real_, path, opened.real, flags, flags_out);
    if (opened.real->pMethods != nullptr) opened.base.pMethods = &methods;
    return code;
  }
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    SlowVfs& self = of(vfs);
    if (self.dead()) return SQLITE_IOERR_DELETE;
    const int code = self.real_->xDelete(self.real_, path, sync_directory);
    if (code == SQLITE_OK) self.remember_deleted(path);
    return code;
  }
};

// A copy of the real one: what is not replaced here (paths, time, randomness) is the system's.
SlowVfs::SlowVfs(std::string name) : name_(std::move(name)), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.xOpen = Calls::open;
  vfs_.xDelete = Calls::remove;
  sqlite3_vfs_register(&vfs_, 0);
}

SlowVfs::~SlowVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

// ---- switches ---------------------------------------------------------------------------------------------

std::size_t SlowVfs::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}
void SlowVfs::delay_syncs(std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  delay_ = delay;
}
void SlowVfs::hold_syncs() {
  const std::lock_guard lock(mutex_);
  hold_ = true;
}
void SlowVfs::release_syncs() {
  const std::lock_guard lock(mutex_);
  hold_ = false;
  changed_.notify_all();
}
bool SlowVfs::wait_for_held_sync() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return held_ > 0; });
}
void SlowVfs::fail_syncs(std::size_t count, int os_errno) {
  const std::lock_guard lock(mutex_);
  failing_syncs_ = count;
  sync_errno_ = os_errno;
}
void SlowVfs::set_full(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}
bool SlowVfs::refuses_growth() const {
  const std::lock_guard lock(mutex_);
  return full_;
}
bool SlowVfs::dead() const {
  return power_is_cut();
}
bool SlowVfs::power_is_cut() const {
  const std::lock_guard lock(mutex_);
  return power_cut_;
}
void SlowVfs::cut_power(std::size_t nth_sync, Cut cut) {
  const std::lock_guard lock(mutex_);
  cut_at_ = syncs_ + nth_sync;
  cut_ = cut;
}

// ---- syncs and power --------------------------------------------------------------------------------------

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::string bytes(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// Of each sector (and of the length) either the old state or the new one.
std::string torn(const std::string& old_bytes, const std::string& new_bytes, std::mt19937_64& random) {
  constexpr std::size_t sector = 512;
  const bool new_length = (random() & 1) != 0;
  const std::size_t length = new_length ? new_bytes.size() : old_bytes.size();
  std::string mixed(length, '\0');
  for (std::size_t at = 0; at < length; at += sector) {
    const std::string& from = (random() & 1) != 0 ? new_bytes : old_bytes;
    const std::size_t end = std::min({at + sector, length, from.size()});
    for (std::size_t i = at; i < end; ++i) mixed[i] = from[i];
  }
  return mixed;
}

}  // namespace

int SlowVfs::sync(const File& file) {
  std::chrono::milliseconds delay;
  bool last = false;
  {
    std::unique_lock lock(mutex_);
    const std::size_t number = ++syncs_;
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_; });
    --held_;
    delay = delay_;
    if (number == cut_at_ && cut_ == Cut::before_sync) power_cut_ = true;
    if (power_cut_) return SQLITE_IOERR_FSYNC;
    last = number == cut_at_;
    if (failing_syncs_ > 0) {
      --failing_syncs_;
      errno = sync_errno_;  // where the system's VFS leaves it
      return SQLITE_IOERR_FSYNC;
    }
  }
  if (delay.count() > 0) std::this_thread::sleep_for(delay);
  remember_synced(file.path);
  const std::lock_guard lock(mutex_);
  if (last) power_cut_ = true;
  return SQLITE_OK;
}

void SlowVfs::remember_synced(const char* path) {
  const std::lock_guard lock(mutex_);
  if (watching_ && path != nullptr) synced_[path] = bytes_of(path);
}

void SlowVfs::remember_deleted(const char* path) {
  const std::lock_guard lock(mutex_);
  synced_.erase(path);
}

void SlowVfs::watch(const std::filesystem::path& directory) {
  const std::lock_guard lock(mutex_);
  watching_ = true;
  power_cut_ = false;
  cut_at_ = 0;
  directory_ = directory;
  synced_.clear();
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    synced_[entry.path().string()] = bytes_of(entry.path());
  }
}

void SlowVfs::restore(std::optional<std::uint64_t> seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed.value_or(0));
  std::set<std::filesystem::path> present;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) present.insert(entry.path());
  for (const std::filesystem::path& path : present) {
    const auto synced = synced_.find(path.string());
    if (synced == synced_.end()) {  // its name was never synced
      std::filesystem::remove(path);
      continue;
    }
    const std::string survives = seed ? torn(synced->second, bytes_of(path), random) : synced->second;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << survives;
  }
  power_cut_ = false;
  cut_at_ = 0;
}

}  // namespace jaild::store
