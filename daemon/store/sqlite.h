// SQLite with owners, values for errors, and nothing of jails: Database, Statement, Transaction, Savepoint.
//
// Threads: everything made from one Database belongs to one thread at a time; handing it over needs an order of its own
// (starting a thread, a mutex). Statements, transactions and savepoints end before their Database.
//
// Errors, of every call: Kind::storage_full (disk or quota), Kind::unavailable (locked, read-only, I/O error, damaged,
// no memory), Kind::internal (a constraint, a value out of range, wrong SQL). The message names file, act and SQLite's
// words.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/contract/result.h"

struct sqlite3_stmt;

namespace jaild::store {

struct Connection;  // sqlite.cpp; an address that stays while its Database moves

// One row of a result, valid during one call of Statement::each()'s visitor.
class Row {
 public:
  explicit Row(sqlite3_stmt* handle) : handle_(handle) {}
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;  // 0 for NULL
  [[nodiscard]] std::string text(int column) const;      // "" for NULL; any bytes

 private:
  sqlite3_stmt* handle_;
};

// One prepared statement, kept for many runs. It holds no lock and no cursor between calls.
class Statement {
 public:
  Statement() = default;  // empty: only to be assigned to
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Runs to the end with `args` for ?1, ?2...: integers, bool, text, std::optional of these.
  template <class... Args>
  Result<void> run(const Args&... args) {
    return each([](const Row&) -> Result<void> { return {}; }, args...);
  }

  // The same, and `visit(const Row&) -> Result<void>` for each row; its first error ends the walk and is returned.
  template <class Visit, class... Args>
  Result<void> each(Visit&& visit, const Args&... args) {
    int place = 0;
    (bind(++place, args), ...);
    for (;;) {
      Result<bool> row = step();
      if (!row) return Fail(row.error());
      if (!*row) return {};
      Result<void> seen = visit(Row(handle_));
      if (!seen) {
        reset();
        return Fail(seen.error());
      }
    }
  }

 private:
  friend class Database;
  Statement(Connection* connection, sqlite3_stmt* handle) : connection_(connection), handle_(handle) {}

  template <std::integral Integer>
  void bind(int place, Integer value) {
    if constexpr (std::same_as<Integer, bool>) {
      bind_integer(place, value ? 1 : 0);
    } else if (std::in_range<std::int64_t>(value)) {
      bind_integer(place, static_cast<std::int64_t>(value));
    } else {
      out_of_range_ = true;
    }
  }
  void bind(int place, std::string_view text) { bind_text(place, text); }
  template <class T>
  void bind(int place, const std::optional<T>& value) {
    if (value) {
      bind(place, *value);
    } else {
      bind_null(place);
    }
  }
  void bind_integer(int place, std::int64_t value);
  void bind_text(int place, std::string_view text);  // not copied: lives until the run ends
  void bind_null(int place);
  Result<bool> step();  // false: no more rows; then, and after an error, the statement is reset
  void reset();

  Connection* connection_ = nullptr;  // its Database's
  sqlite3_stmt* handle_ = nullptr;
  int bind_code_ = 0;
  bool out_of_range_ = false;
};

struct DatabaseOptions {
  std::chrono::milliseconds busy_timeout{5000};  // for a lock that another process holds: a backup, a sqlite3(1)
  std::string vfs;                               // "": the system's; tests have their own
  std::string damage_advice;                     // ends the message of every error that comes from a damaged file
};

class Database {
 public:
  // Opens a file that exists. Reads and writes nothing yet, so that damage shows at the first statement. `file` is
  // absolute: SQLite may take a name that begins with "file:" for a URI.
  static Result<Database> open(const std::filesystem::path& file, const DatabaseOptions& options);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();  // closes; moves the write-ahead log into the file first, see keep_log_on_close()

  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);             // one statement or several, rows dropped
  Result<std::int64_t> read_integer(std::string_view sql);  // the first column of the first row; none: Kind::internal
  Result<std::string> read_text(std::string_view sql);

  [[nodiscard]] bool read_only() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] const std::string& file() const;
  [[nodiscard]] Error damage(const std::string& what) const;  // for damage that we find ourselves

  // The write-ahead log (WAL mode). log_frames(): pages in it after the last commit.
  [[nodiscard]] int log_frames() const;
  enum class Log { keep, cut };
  // Moves what the log holds into the file and syncs both; `cut` also empties the log file at once, `keep` leaves it to
  // be overwritten.
  Result<void> checkpoint(Log log);
  // While `keep`, closing leaves file and log byte for byte as they are.
  Result<void> keep_log_on_close(bool keep);

 private:
  explicit Database(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

// Rolls back in the destructor unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);  // takes the write lock at once
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ~Transaction();
  Result<void> commit();  // an error: rolled back

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // not owned; null once ended
};

// A part of a transaction that can fail alone. Undone in the destructor unless kept. Not nested.
class Savepoint {
 public:
  static Result<Savepoint> begin(Database& database);
  Savepoint(Savepoint&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ~Savepoint();
  Result<void> keep();
  Result<void> undo();  // an error: the transaction around it is of no use any more

 private:
  explicit Savepoint(Database& database) : database_(&database) {}
  Database* database_;  // not owned; null once ended
};

}  // namespace jaild::store
