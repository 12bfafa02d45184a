#include "daemon/store/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "daemon/store/schema.h"

namespace jaild::store {
namespace {

namespace fs = std::filesystem;

constexpr off_t header_bytes = 100;  // sqlite.org/fileformat.html 1.3. SQLite takes less than two bytes for a new file

constexpr const char* draft_suffix = ".new";

Error os_error(const fs::path& path, const std::string& act, int os_errno) {
  const Kind kind = os_errno == ENOSPC || os_errno == EDQUOT ? Kind::storage_full : Kind::unavailable;
  return {kind, path.string() + ": cannot " + act + ": " + std::generic_category().message(os_errno), os_errno, {}};
}

// `file` with `suffix` on its name.
fs::path beside(const fs::path& file, const char* suffix) {
  return fs::path(file) += suffix;
}

// A name is only durable once its directory is.
Result<void> sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Fail(os_error(directory, "open the directory", errno));
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0) return Fail(os_error(directory, "sync the directory", failed));
  return {};
}

Result<void> make_directory(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory.parent_path());
  if (errno != EEXIST) return Fail(os_error(directory, "make the directory", errno));
  return {};
}

// ---- a new database ---------------------------------------------------------------------------------------

Result<void> fill_new_file(const fs::path& draft, const DatabaseOptions& options) {
  // Made by us, so that nobody else can ever read it; the log inherits the mode from SQLite.
  const int descriptor = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return Fail(os_error(draft, "make the file", errno));
  ::close(descriptor);
  Result<Database> database = Database::open(draft, options);
  if (!database) return Fail(database.error());
  Result<void> done = database->execute("PRAGMA synchronous = FULL");
  if (done) done = migrate(*database);
  return done;
}

Result<void> make_file(const fs::path& file, const DatabaseOptions& options) {
  const fs::path draft = beside(file, draft_suffix);
  ::unlink(draft.c_str());  // what a crash left
  ::unlink(beside(draft, "-journal").c_str());
  Result<void> done = fill_new_file(draft, options);
  // Unlike rename(2), link(2) never replaces what another jaild made meanwhile.
  if (done && ::link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST) {
    done = Fail(os_error(file, "give the new database its name", errno));
  }
  ::unlink(draft.c_str());
  if (done) done = sync_directory(file.parent_path());
  return done;
}

Result<void> make_file_if_missing(const fs::path& file, const DatabaseOptions& options) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) {
    if (errno != ENOENT) return Fail(os_error(file, "look at it", errno));
    const fs::path log = beside(file, "-wal");
    if (::access(log.c_str(), F_OK) == 0) {
      return Fail(Kind::unavailable, file.string() + " is missing, but its log " + log.string() +
                                         " is there. Restore the file or move the log away. " + options.damage_advice);
    }
    return make_file(file, options);
  }
  if (!S_ISREG(found.st_mode)) return Fail(Kind::unavailable, file.string() + ": not a regular file");
  if (found.st_size < header_bytes) {
    return Fail(Kind::unavailable, file.string() + " has only " + std::to_string(found.st_size) +
                                       " bytes: the file is damaged. " + options.damage_advice);
  }
  return {};
}

// ---- an existing one --------------------------------------------------------------------------------------

Result<void> check_whole(Database& database, std::uintmax_t bytes) {
  static constexpr const char* small_tables[] = {"jails", "runs", "ledger", "ledger_details", "meta", "counters"};
  if (bytes <= whole_check_bytes_max) {
    Result<std::string> verdict = database.read_text("PRAGMA quick_check(1)");
    if (!verdict) return Fail(verdict.error());
    if (*verdict != "ok") return Fail(database.damage(*verdict));
    return {};
  }
  for (const char* table : small_tables) {
    Result<std::string> verdict = database.read_text(std::string("PRAGMA quick_check(") + table + ")");
    if (!verdict) return Fail(verdict.error());
    if (*verdict != "ok") return Fail(database.damage(*verdict));
  }
  return {};
}

// Nothing here writes, not even when the connection closes.
Result<void> check(Database& database, const fs::path& file) {
  if (database.read_only()) {
    return Fail(Kind::unavailable, file.string() + " is read-only: jaild must be able to write it");
  }
  Result<void> done = database.keep_log_on_close(true);
  // Before the first read, which takes the lock and would otherwise make the -shm file.
  if (done)
    done =
        database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF");
  if (!done) return done;
  Result<std::int64_t> version = schema_version(database);
  if (!version) return Fail(version.error());
  std::error_code failed;
  const std::uintmax_t bytes = fs::file_size(file, failed);
  if (failed) return Fail(os_error(file, "look at it", failed.value()));
  return check_whole(database, bytes);
}

Result<void> prepare_for_use(Database& database) {
  Result<std::string> mode = database.read_text("PRAGMA journal_mode = WAL");
  if (!mode) return Fail(mode.error());
  if (*mode != "wal")
    return Fail(Kind::unavailable, database.file() + ": SQLite refuses a write-ahead log here: " + *mode);
  // FULL: every commit syncs the log, so that it survives a power loss. 8 MiB: what a log keeps after a burst.
  Result<void> done =
      database.execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608; PRAGMA temp_store = MEMORY");
  if (done) done = migrate(database);
  if (done) done = database.execute("PRAGMA foreign_keys = ON");
  if (done) done = database.keep_log_on_close(false);
  return done;
}

}  // namespace

Result<Database> open_database_file(const fs::path& path, const DatabaseOptions& options) {
  std::error_code failed;
  const fs::path file = fs::absolute(path, failed);
  if (failed) return Fail(os_error(path, "find where it is", failed.value()));
  Result<void> done = make_directory(file.parent_path());
  if (done) done = make_file_if_missing(file, options);
  if (!done) return Fail(done.error());
  Result<Database> database = Database::open(file, options);
  if (!database) return database;
  done = check(*database, file);
  if (done) done = prepare_for_use(*database);
  if (!done) return Fail(done.error());
  // A crash between link(2) and unlink(2) left it; we hold the lock, so nobody is making one now.
  ::unlink(beside(file, draft_suffix).c_str());
  // By name: closing a descriptor of ours would drop the locks that SQLite holds on the file.
  if (::chmod(file.c_str(), 0600) != 0) return Fail(os_error(file, "set its mode", errno));
  return database;
}

}  // namespace jaild::store
