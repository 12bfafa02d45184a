#include "daemon/store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace jaild::store {

struct Connection {
  sqlite3* handle = nullptr;
  std::string file;
  std::string damage_advice;
  int log_frames = 0;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { sqlite3_close_v2(handle); }
};

namespace {

// Only these two codes come with an errno. Not sqlite3_system_errno(): a failed COMMIT leaves an older one there. So
// each call that may fail begins with errno = 0.
int os_errno_of(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? errno : 0;
}

bool is_damage(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || code == SQLITE_IOERR_CORRUPTFS;
}

Kind kind_of(int code, int os_errno) {
  if (os_errno == ENOSPC || os_errno == EDQUOT) return Kind::storage_full;
  switch (code & 0xff) {
    case SQLITE_FULL: return Kind::storage_full;
    case SQLITE_AUTH:
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_INTERRUPT:
    case SQLITE_IOERR:
    case SQLITE_LOCKED:
    case SQLITE_NOLFS:
    case SQLITE_NOMEM:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY: return Kind::unavailable;
    default: return Kind::internal;
  }
}

Error error_of(const Connection& connection, int code, std::string_view act) {
  const int os_errno = os_errno_of(code);
  std::string message = connection.file + ": cannot " + std::string(act) + ": ";
  // The connection's text belongs to its last failure; use it only when that is this one.
  message +=
      sqlite3_extended_errcode(connection.handle) == code ? sqlite3_errmsg(connection.handle) : sqlite3_errstr(code);
  if (os_errno != 0) message += " (" + std::generic_category().message(os_errno) + ")";
  if (code == SQLITE_READONLY_DIRECTORY) message += ": its directory is read-only";
  if ((code & 0xff) == SQLITE_BUSY) message += ": another process has it open";
  if (is_damage(code)) message += ": the file is damaged. " + connection.damage_advice;
  return {kind_of(code, os_errno), std::move(message), os_errno, {}};
}

int remember_log_frames(void* connection, sqlite3*, const char*, int frames) {
  static_cast<Connection*>(connection)->log_frames = frames;
  return SQLITE_OK;
}

}  // namespace

// ---- Row --------------------------------------------------------------------------------------------------

bool Row::null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}
std::string Row::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

// ---- Statement --------------------------------------------------------------------------------------------

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  return *this;
}
Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bind_integer(int place, std::int64_t value) {
  if (bind_code_ == SQLITE_OK) bind_code_ = sqlite3_bind_int64(handle_, place, value);
}
void Statement::bind_text(int place, std::string_view text) {
  const char* bytes = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  if (bind_code_ == SQLITE_OK) {
    bind_code_ = sqlite3_bind_text64(handle_, place, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
}
void Statement::bind_null(int place) {
  if (bind_code_ == SQLITE_OK) bind_code_ = sqlite3_bind_null(handle_, place);
}

Result<bool> Statement::step() {
  if (out_of_range_) {
    reset();
    return Fail(Kind::internal, connection_->file + ": a number above 2^63 - 1 cannot be stored");
  }
  errno = 0;
  const int code = bind_code_ == SQLITE_OK ? sqlite3_step(handle_) : bind_code_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(*connection_, code, std::string("run \"") + sqlite3_sql(handle_) + "\"");
  reset();
  return Fail(std::move(error));
}

void Statement::reset() {
  sqlite3_reset(handle_);  // repeats the code that step() reported already
  sqlite3_clear_bindings(handle_);
  bind_code_ = SQLITE_OK;
  out_of_range_ = false;
}

// ---- Database ---------------------------------------------------------------------------------------------

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path& file, const DatabaseOptions& options) {
  auto connection = std::make_unique<Connection>();
  connection->file = file.string();
  connection->damage_advice = options.damage_advice;
  errno = 0;
  const int code = sqlite3_open_v2(file.c_str(), &connection->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (connection->handle == nullptr) return Fail(Kind::unavailable, file.string() + ": no memory to open it");
  sqlite3_extended_result_codes(connection->handle, 1);
  if (code != SQLITE_OK) {
    return Fail(error_of(*connection, sqlite3_extended_errcode(connection->handle), "open it"));
  }
  sqlite3_busy_timeout(connection->handle, static_cast<int>(options.busy_timeout.count()));
  sqlite3_wal_hook(connection->handle, remember_log_frames, connection.get());
  return Database(std::move(connection));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  errno = 0;
  const int code = sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return Fail(error_of(*connection_, code, "prepare \"" + std::string(sql) + "\""));
  return Statement(connection_.get(), handle);
}

Result<void> Database::execute(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return Fail(error_of(*connection_, code, "run \"" + sql.substr(0, sql.find('\n')) + "\""));
}

Result<std::int64_t> Database::read_integer(std::string_view sql) {
  Result<std::string> text = read_text(sql);
  if (!text) return Fail(text.error());
  char* end = nullptr;
  const std::int64_t value = std::strtoll(text->c_str(), &end, 10);
  if (text->empty() || *end != '\0')
    return Fail(Kind::internal, file() + ": no number from \"" + std::string(sql) + "\"");
  return value;
}

Result<std::string> Database::read_text(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return Fail(statement.error());
  std::optional<std::string> first;
  Result<void> read = statement->each([&first](const Row& row) -> Result<void> {
    if (!first) first = row.text(0);
    return {};
  });
  if (!read) return Fail(read.error());
  if (!first) return Fail(Kind::internal, file() + ": no row from \"" + std::string(sql) + "\"");
  return *std::move(first);
}

bool Database::read_only() const {
  return sqlite3_db_readonly(connection_->handle, "main") == 1;
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_->handle) == 0;
}
const std::string& Database::file() const {
  return connection_->file;
}
int Database::log_frames() const {
  return connection_->log_frames;
}

Error Database::damage(const std::string& what) const {
  return {Kind::unavailable, file() + ": " + what + ": the file is damaged. " + connection_->damage_advice, 0, {}};
}

Result<void> Database::checkpoint(Log log) {
  const int mode = log == Log::cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  errno = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_->handle, "main", mode, nullptr, nullptr);
  if (code != SQLITE_OK) return Fail(error_of(*connection_, code, "move the write-ahead log into the file"));
  if (log == Log::cut) connection_->log_frames = 0;
  return {};
}

Result<void> Database::keep_log_on_close(bool keep) {
  const int code = sqlite3_db_config(connection_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0,
                                     static_cast<int*>(nullptr));
  if (code != SQLITE_OK) return Fail(error_of(*connection_, code, "configure the connection"));
  return {};
}

// ---- Transaction, Savepoint -------------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Database& database) {
  Result<void> begun = database.execute("BEGIN IMMEDIATE");
  if (!begun) return Fail(begun.error());
  return Transaction(database);
}

Transaction::~Transaction() {
  // Full disks and I/O errors end a transaction by themselves. A rollback only fails where nothing was begun.
  if (database_ != nullptr && database_->in_transaction()) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  Database& database = *std::exchange(database_, nullptr);
  Result<void> committed = database.execute("COMMIT");
  if (!committed && database.in_transaction()) static_cast<void>(database.execute("ROLLBACK"));
  return committed;
}

Result<Savepoint> Savepoint::begin(Database& database) {
  Result<void> begun = database.execute("SAVEPOINT part");
  if (!begun) return Fail(begun.error());
  return Savepoint(database);
}

Savepoint::~Savepoint() {
  if (database_ != nullptr && database_->in_transaction()) static_cast<void>(undo());
}

Result<void> Savepoint::keep() {
  Result<void> kept = database_->execute("RELEASE part");
  if (kept) database_ = nullptr;
  return kept;
}

Result<void> Savepoint::undo() {
  Database& database = *std::exchange(database_, nullptr);
  Result<void> undone = database.execute("ROLLBACK TO part");
  if (!undone) return undone;
  return database.execute("RELEASE part");
}

}  // namespace jaild::store
