#include "daemon/store/sqlite.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() : file_(directory_.path() / "test.db") { std::ofstream{file_}; }

  Database open() {
    Result<Database> database = Database::open(file_, {std::chrono::milliseconds(0), "", "Call the smith."});
    EXPECT_TRUE(database.has_value()) << database.error().message;
    return *std::move(database);
  }
  static void run(Database& database, const std::string& sql) {
    Result<void> done = database.execute(sql);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  static std::int64_t count(Database& database) { return database.read_integer("SELECT count(*) FROM t").value(); }

  tests::TemporaryDirectory directory_;
  std::filesystem::path file_;
};

TEST_F(SqliteTest, AMissingFileIsAnErrorThatNamesIt) {
  Result<Database> database = Database::open(directory_.path() / "none.db", {});
  ASSERT_FALSE(database.has_value());
  EXPECT_EQ(database.error().kind, Kind::unavailable);
  EXPECT_NE(database.error().message.find("none.db"), std::string::npos);
}

TEST_F(SqliteTest, ValuesComeBackAsTheyWereBound) {
  Database database = open();
  run(database, "CREATE TABLE t (a, b, c, d, e, f)");
  Statement put = database.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6)").value();
  const std::string bytes("a\0\xff", 3);
  ASSERT_TRUE(put.run(std::numeric_limits<std::int64_t>::min(), true, bytes, std::string_view(), std::optional<int>(),
                      std::optional<std::string>("x"))
                  .has_value());

  Statement get = database.prepare("SELECT * FROM t").value();
  int rows = 0;
  Result<void> read = get.each([&](const Row& row) -> Result<void> {
    ++rows;
    EXPECT_EQ(row.integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row.integer(1), 1);
    EXPECT_EQ(row.text(2), bytes);
    EXPECT_EQ(row.text(3), "");
    EXPECT_FALSE(row.null(3));  // empty is not NULL
    EXPECT_TRUE(row.null(4));
    EXPECT_EQ(row.text(5), "x");
    return {};
  });
  EXPECT_TRUE(read.has_value());
  EXPECT_EQ(rows, 1);
}

TEST_F(SqliteTest, ANumberThatDoesNotFitIsRefusedAndTheStatementStaysUsable) {
  Database database = open();
  run(database, "CREATE TABLE t (a)");
  Statement put = database.prepare("INSERT INTO t VALUES (?1)").value();
  Result<void> refused = put.run(std::numeric_limits<std::uint64_t>::max());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::internal);
  EXPECT_TRUE(put.run(std::uint64_t{5}).has_value());
  EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteTest, AnErrorNamesFileStatementAndReason) {
  Database database = open();
  run(database, "CREATE TABLE t (a PRIMARY KEY NOT NULL)");
  Statement put = database.prepare("INSERT INTO t VALUES (?1)").value();
  ASSERT_TRUE(put.run(1).has_value());
  Result<void> twice = put.run(1);
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().kind, Kind::internal);
  for (const char* part : {"test.db", "INSERT INTO t", "UNIQUE"}) {
    EXPECT_NE(twice.error().message.find(part), std::string::npos) << twice.error().message;
  }
  EXPECT_FALSE(database.prepare("SELECT FROM").has_value());
  EXPECT_FALSE(database.execute("nonsense").has_value());
  EXPECT_FALSE(database.read_integer("SELECT a FROM t WHERE a = 2").has_value());  // no row
  EXPECT_FALSE(database.read_integer("SELECT 'x'").has_value());
}

TEST_F(SqliteTest, AVisitorsErrorEndsTheWalkAndFreesTheStatement) {
  Database database = open();
  run(database, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)");
  Statement get = database.prepare("SELECT a FROM t").value();
  int rows = 0;
  Result<void> read = get.each([&](const Row&) -> Result<void> {
    ++rows;
    return Fail(Kind::unavailable, "enough");
  });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "enough");
  EXPECT_EQ(rows, 1);
  EXPECT_TRUE(database.execute("DROP TABLE t").has_value());  // an open cursor would lock it
}

TEST_F(SqliteTest, ATransactionIsUndoneUnlessCommitted) {
  Database database = open();
  run(database, "CREATE TABLE t (a)");
  {
    Transaction transaction = Transaction::begin(database).value();
    run(database, "INSERT INTO t VALUES (1)");
    EXPECT_FALSE(Transaction::begin(database).has_value());  // not nested
  }
  EXPECT_EQ(count(database), 0);
  EXPECT_FALSE(database.in_transaction());
  Transaction transaction = Transaction::begin(database).value();
  run(database, "INSERT INTO t VALUES (1)");
  EXPECT_TRUE(transaction.commit().has_value());
  EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteTest, ACommitThatFailsIsRolledBack) {
  Database database = open();
  run(database,
      "PRAGMA foreign_keys = ON; CREATE TABLE p (a INTEGER PRIMARY KEY);"
      "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  Transaction transaction = Transaction::begin(database).value();
  run(database, "INSERT INTO t VALUES (1)");
  EXPECT_FALSE(transaction.commit().has_value());
  EXPECT_FALSE(database.in_transaction());
  EXPECT_EQ(count(database), 0);
}

TEST_F(SqliteTest, ASavepointIsUndoneAloneUnlessKept) {
  Database database = open();
  run(database, "CREATE TABLE t (a)");
  Transaction transaction = Transaction::begin(database).value();
  {
    Savepoint kept = Savepoint::begin(database).value();
    run(database, "INSERT INTO t VALUES (1)");
    EXPECT_TRUE(kept.keep().has_value());
  }
  {
    Savepoint left = Savepoint::begin(database).value();
    run(database, "INSERT INTO t VALUES (2)");
  }
  {
    Savepoint undone = Savepoint::begin(database).value();
    run(database, "INSERT INTO t VALUES (3)");
    EXPECT_TRUE(undone.undo().has_value());
  }
  EXPECT_TRUE(transaction.commit().has_value());
  EXPECT_EQ(database.read_integer("SELECT sum(a) FROM t").value(), 1);
}

TEST_F(SqliteTest, ALockOfAnotherConnectionIsUnavailableAndSaysSo) {
  Database first = open();
  run(first, "CREATE TABLE t (a)");
  Transaction transaction = Transaction::begin(first).value();
  Database second = open();
  Result<Transaction> refused = Transaction::begin(second);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::unavailable);
  EXPECT_NE(refused.error().message.find("another process has it open"), std::string::npos) << refused.error().message;
}

TEST_F(SqliteTest, GarbageIsDamageWithTheAdviceOfTheCaller) {
  std::ofstream(file_) << std::string(8192, 'x');
  Database database = open();
  Result<std::int64_t> read = database.read_integer("SELECT count(*) FROM sqlite_schema");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, Kind::unavailable);
  EXPECT_NE(read.error().message.find("damaged. Call the smith."), std::string::npos) << read.error().message;
}

TEST_F(SqliteTest, TheLogIsMeasuredAndCut) {
  Database database = open();
  run(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
  run(database, "CREATE TABLE t (a)");
  EXPECT_GT(database.log_frames(), 0);
  const std::filesystem::path log = file_.string() + "-wal";
  EXPECT_GT(std::filesystem::file_size(log), 0U);
  EXPECT_TRUE(database.checkpoint(Database::Log::cut).has_value());
  EXPECT_EQ(std::filesystem::file_size(log), 0U);
  EXPECT_EQ(database.log_frames(), 0);
}

TEST_F(SqliteTest, ClosingLeavesTheLogWhereToldTo) {
  const std::filesystem::path log = file_.string() + "-wal";
  {
    Database database = open();
    run(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    ASSERT_TRUE(database.keep_log_on_close(true).has_value());
  }
  EXPECT_TRUE(std::filesystem::exists(log));
  {
    Database database = open();
    EXPECT_EQ(count(database), 0);
  }
  EXPECT_FALSE(std::filesystem::exists(log));
}

}  // namespace
}  // namespace jaild::store
