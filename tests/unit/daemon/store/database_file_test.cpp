#include "daemon/store/database_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "daemon/store/schema.h"
#include "tests/fakes/slow_vfs.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const fs::path& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

// root may write anything; as nobody, permissions count.
class AsNobody {
 public:
  explicit AsNobody(const fs::path& directory) {
    if (::geteuid() != 0) return;
    constexpr uid_t nobody = 65534;
    for (const fs::path& path : {directory, directory / "state", directory / "state" / "jaild.db"}) {
      if (fs::exists(path) && ::chown(path.c_str(), nobody, nobody) != 0) return;
    }
    switched_ = ::seteuid(nobody) == 0;
  }
  ~AsNobody() {
    if (switched_) switched_ = ::seteuid(0) != 0;
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool switched_ = false;
};

class DatabaseFileTest : public testing::Test {
 protected:
  Result<Database> open(const std::string& vfs = "") {
    return open_database_file(file_, {std::chrono::milliseconds(0), vfs, "Move it away; jails go on."});
  }
  void make() { ASSERT_TRUE(open().has_value()); }
  void expect_refused(const std::vector<std::string>& parts, Kind kind = Kind::unavailable) {
    Result<Database> database = open();
    ASSERT_FALSE(database.has_value());
    EXPECT_EQ(database.error().kind, kind);
    for (const std::string& part : parts) {
      EXPECT_NE(database.error().message.find(part), std::string::npos) << database.error().message;
    }
    EXPECT_NE(database.error().message.find(state_.string()), std::string::npos) << database.error().message;
  }
  void fill(Database& database, int rows) {
    Statement put = database.prepare("INSERT INTO meta VALUES (?1, ?2)").value();
    for (int i = 0; i < rows; ++i) ASSERT_TRUE(put.run(std::to_string(i), std::string(200, 'v')).has_value());
  }

  tests::TemporaryDirectory directory_;
  const fs::path state_ = directory_.path() / "state";
  const fs::path file_ = state_ / "jaild.db";
  const fs::path log_ = state_ / "jaild.db-wal";
};

TEST_F(DatabaseFileTest, DirectoryAndFileAreMadeForTheirOwnerOnly) {
  const mode_t before = ::umask(0);
  Result<Database> database = open();
  ASSERT_TRUE(database.has_value()) << database.error().message;
  fill(*database, 1);
  ::umask(before);
  EXPECT_EQ(mode_of(state_), 0700U);
  EXPECT_EQ(mode_of(file_), 0600U);
  EXPECT_EQ(mode_of(log_), 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), {}), 2);  // no draft, no -shm
}

TEST_F(DatabaseFileTest, TheSettingsAreInForce) {
  Database database = open().value();
  EXPECT_EQ(database.read_text("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(database.read_integer("PRAGMA synchronous").value(), 2);  // FULL
  EXPECT_EQ(database.read_integer("PRAGMA foreign_keys").value(), 1);
  EXPECT_EQ(database.read_text("PRAGMA locking_mode").value(), "exclusive");
  EXPECT_EQ(database.read_integer("PRAGMA application_id").value(), application_id);
  EXPECT_EQ(database.read_integer("PRAGMA user_version").value(), static_cast<std::int64_t>(migrations().size()));
}

TEST_F(DatabaseFileTest, AFileThatOthersCouldReadBecomesPrivate) {
  make();
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  make();
  EXPECT_EQ(mode_of(file_), 0600U);
}

TEST_F(DatabaseFileTest, AMissingParentIsNotMade) {
  Result<Database> database = open_database_file(directory_.path() / "a" / "b" / "jaild.db", {});
  ASSERT_FALSE(database.has_value());
  EXPECT_EQ(database.error().kind, Kind::unavailable);
  EXPECT_EQ(database.error().os_errno, ENOENT);
}

TEST_F(DatabaseFileTest, WhatACrashedFirstStartLeftIsSweptAway) {
  fs::create_directory(state_);
  std::ofstream(file_.string() + ".new") << "half";
  std::ofstream(file_.string() + ".new-journal") << "half";
  make();
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), {}), 1);
  fs::create_hard_link(file_, file_.string() + ".new");
  make();
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), {}), 1);
}

TEST_F(DatabaseFileTest, ASecondJaildAndAnAdministratorsShellAreTold) {
  Database database = open().value();
  expect_refused({"another process has it open"});

  sqlite3* shell = nullptr;  // what sqlite3(1) does
  ASSERT_EQ(sqlite3_open(file_.c_str(), &shell), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(shell, "SELECT * FROM jails", nullptr, nullptr, nullptr), SQLITE_BUSY);
  EXPECT_STREQ(sqlite3_errmsg(shell), "database is locked");
  sqlite3_close(shell);
}

// ---- not ours, or newer -----------------------------------------------------------------------------------

TEST_F(DatabaseFileTest, ANewerSchemaIsRefusedAndNotAByteIsWritten) {
  {
    Database database = open().value();
    ASSERT_TRUE(database.execute("PRAGMA user_version = 99").has_value());
    ASSERT_TRUE(database.keep_log_on_close(true).has_value());  // as after kill -9: the log waits to be moved
  }
  const std::string file = bytes_of(file_);
  const std::string log = bytes_of(log_);
  ASSERT_FALSE(log.empty());
  expect_refused({"newer jaild", "schema 99", "use the newer jaild"});
  EXPECT_TRUE(bytes_of(file_) == file);
  EXPECT_TRUE(bytes_of(log_) == log);
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), {}), 2);
}

TEST_F(DatabaseFileTest, AnotherProgramsDatabaseIsRefused) {
  fs::create_directory(state_);
  sqlite3* theirs = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &theirs), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(theirs, "CREATE TABLE bookmarks (a)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(theirs);
  const std::string before = bytes_of(file_);
  expect_refused({"another program"});
  EXPECT_TRUE(bytes_of(file_) == before);
}

TEST_F(DatabaseFileTest, ADirectoryInItsPlaceIsRefused) {
  fs::create_directories(file_);
  expect_refused({"not a regular file"});
}

// ---- damage -----------------------------------------------------------------------------------------------

TEST_F(DatabaseFileTest, GarbageIsRefusedWithWhatToDo) {
  fs::create_directory(state_);
  for (std::size_t size : {1U, 99U, 100U, 4096U, 100'000U}) {
    std::ofstream(file_, std::ios::trunc) << std::string(size, 'g');
    const std::string before = bytes_of(file_);
    expect_refused({"damaged", "Move it away; jails go on."});
    EXPECT_TRUE(bytes_of(file_) == before);
  }
}

// Never taken for a new one: that would forget every jail.
TEST_F(DatabaseFileTest, AnEmptyFileIsRefused) {
  fs::create_directory(state_);
  std::ofstream{file_};
  expect_refused({"has only 0 bytes", "damaged", "Move it away; jails go on."});
}

TEST_F(DatabaseFileTest, ALogWithoutItsFileIsRefused) {
  fs::create_directory(state_);
  std::ofstream(log_) << "log";
  expect_refused({"is missing", "jaild.db-wal", "Move it away; jails go on."});
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DatabaseFileTest, ATruncatedFileIsRefusedAtAnyLength) {
  {
    Database database = open().value();
    fill(database, 200);
  }
  const std::uintmax_t whole = fs::file_size(file_);
  const std::string bytes = bytes_of(file_);
  for (std::uintmax_t size = 1; size < whole; size += size < 4096 ? 97 : 1500) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes.substr(0, size);
    expect_refused({"damaged", "Move it away; jails go on."});
    if (HasFailure()) FAIL() << "truncated to " << size << " of " << whole;
  }
}

TEST_F(DatabaseFileTest, ADamagedPageIsFoundAtOpen) {
  {
    Database database = open().value();
    fill(database, 200);
  }
  std::string bytes = bytes_of(file_);
  const std::size_t page = bytes.size() / 4096 / 2 * 4096;
  bytes.replace(page, 4096, std::string(4096, '\xee'));
  std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
  expect_refused({"damaged", "Move it away; jails go on."});
  EXPECT_TRUE(bytes_of(file_) == bytes);
}

// Any single page of nonsense is either refused or (a page of no consequence) harmless; never a crash.
TEST_F(DatabaseFileTest, NoDamagedPageCrashesIt) {
  {
    Database database = open().value();
    fill(database, 200);
  }
  const std::string whole = bytes_of(file_);
  int refused = 0;
  for (std::size_t page = 0; page < whole.size(); page += 4096) {
    std::string bytes = whole;
    for (std::size_t i = page; i < page + 4096; i += 3) bytes[i] = static_cast<char>(i * 31 + page);
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    Result<Database> database = open();
    if (!database) {
      ++refused;
      EXPECT_EQ(database.error().kind, Kind::unavailable) << database.error().message;
    }
    fs::remove(log_);
  }
  EXPECT_GT(refused, 20);
}

TEST_F(DatabaseFileTest, ALargeFilesTablesWithoutHistoryAreChecked) {
  {
    Database database = open().value();
    fill(database, 200);
    ASSERT_TRUE(database
                    .execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 70)"
                             "INSERT INTO events SELECT i, 0, '', '', hex(zeroblob(524288)), '{}' FROM n")
                    .has_value());
  }
  ASSERT_GT(fs::file_size(file_), whole_check_bytes_max);
  make();
  Result<Database> database = open();
  ASSERT_TRUE(database.has_value());
  const std::int64_t page = database->read_integer("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'").value();
  database = Fail(Kind::unavailable, "closed");
  std::fstream file(file_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\xee');
  file.close();
  expect_refused({"damaged", "Move it away; jails go on."});
}

// ---- read-only, full --------------------------------------------------------------------------------------

TEST_F(DatabaseFileTest, AReadOnlyFileIsRefused) {
  make();
  ASSERT_EQ(::chmod(file_.c_str(), 0400), 0);
  const AsNobody nobody(directory_.path());
  expect_refused({"read-only"});
}

TEST_F(DatabaseFileTest, AReadOnlyDirectoryIsRefused) {
  make();
  ASSERT_EQ(::chmod(state_.c_str(), 0500), 0);
  {
    const AsNobody nobody(directory_.path());
    expect_refused({"directory is read-only"});
  }
  ASSERT_EQ(::chmod(state_.c_str(), 0700), 0);
  make();
}

TEST_F(DatabaseFileTest, ADirectoryThatCannotBeMadeIsAnError) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0500), 0);
  const AsNobody nobody(directory_.path());
  expect_refused({"cannot make the directory", "Permission denied"});
}

TEST_F(DatabaseFileTest, AFullDiskAtTheFirstStartIsStorageFullAndLeavesNothing) {
  SlowVfs vfs("database-file-test");
  vfs.set_full(true);
  Result<Database> database = open(vfs.name());
  ASSERT_FALSE(database.has_value());
  EXPECT_EQ(database.error().kind, Kind::storage_full) << database.error().message;
  EXPECT_FALSE(fs::exists(file_));
  vfs.set_full(false);
  database = open(vfs.name());
  EXPECT_TRUE(database.has_value());
}

}  // namespace
}  // namespace jaild::store
