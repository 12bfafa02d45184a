#include "daemon/store/schema.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>

#include "daemon/store/tables.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() : file_(directory_.path() / "jaild.db") { std::ofstream{file_}; }
  Database open() { return Database::open(file_, {}).value(); }
  static std::string error_of(const Result<void>& result) { return result ? "" : result.error().message; }

  tests::TemporaryDirectory directory_;
  std::filesystem::path file_;
};

// Three generations of one table, as a stand-in for a longer history than ours.
constexpr std::array<Migration, 3> three{{
    {1, "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; CREATE TABLE u (a REFERENCES t (a)) "},
    {2, "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'old'"},
    {3,
     "CREATE TABLE n (a INTEGER PRIMARY KEY, b TEXT NOT NULL) STRICT; INSERT INTO n SELECT a, upper(b) FROM t;"
     "DROP TABLE t; ALTER TABLE n RENAME TO t"},
}};

TEST_F(SchemaTest, MigrationsCountFromOne) {
  int expected = 0;
  for (const Migration& migration : migrations()) EXPECT_EQ(migration.version, ++expected);
  EXPECT_GE(expected, 1);
}

TEST_F(SchemaTest, EachMigrationComesFromTheOneBefore) {
  Database database = open();
  EXPECT_EQ(schema_version(database).value(), 0);
  for (std::size_t count = 1; count <= migrations().size(); ++count) {
    const auto known = migrations().first(count);
    ASSERT_EQ(error_of(migrate(database, known)), "");
    EXPECT_EQ(schema_version(database, known).value(), static_cast<std::int64_t>(count));
  }
  EXPECT_TRUE(Tables::prepare(database, {}).has_value());  // the last one has every table and column that we use
}

TEST_F(SchemaTest, RowsMoveAlongThroughMigrations) {
  {
    Database database = open();
    ASSERT_EQ(error_of(migrate(database, std::span(three).first(1))), "");
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES (7); INSERT INTO u VALUES (7)").has_value());
  }
  Database database = open();
  ASSERT_EQ(error_of(migrate(database, std::span(three).first(2))), "");
  EXPECT_EQ(database.read_text("SELECT b FROM t WHERE a = 7").value(), "old");
  ASSERT_EQ(error_of(migrate(database, three)), "");
  EXPECT_EQ(database.read_text("SELECT b FROM t WHERE a = 7").value(), "OLD");
  EXPECT_EQ(error_of(migrate(database, three)), "");  // again: nothing to do
}

TEST_F(SchemaTest, AMigrationThatFailsLeavesTheVersionBefore) {
  constexpr std::array<Migration, 2> broken{{three[0], {2, "CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)"}}};
  Database database = open();
  Result<void> failed = migrate(database, broken);
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("migration to schema 2"), std::string::npos) << failed.error().message;
  EXPECT_EQ(schema_version(database, broken).value(), 1);
  EXPECT_EQ(database.read_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").value(), 0);
  EXPECT_EQ(error_of(migrate(database, std::span(three).first(2))), "");  // a better one goes on from there
}

TEST_F(SchemaTest, AMigrationThatLosesReferredRowsIsRefused) {
  constexpr std::array<Migration, 2> lossy{{three[0], {2, "DELETE FROM t"}}};
  Database database = open();
  ASSERT_EQ(error_of(migrate(database, std::span(lossy).first(1))), "");
  ASSERT_TRUE(database.execute("INSERT INTO t VALUES (7); INSERT INTO u VALUES (7)").has_value());
  EXPECT_FALSE(migrate(database, lossy).has_value());
  EXPECT_EQ(database.read_integer("SELECT count(*) FROM t").value(), 1);
}

TEST_F(SchemaTest, ANewerSchemaIsRefusedWithItsNumber) {
  Database database = open();
  ASSERT_EQ(error_of(migrate(database, three)), "");
  Result<std::int64_t> version = schema_version(database, std::span(three).first(2));
  ASSERT_FALSE(version.has_value());
  EXPECT_EQ(version.error().kind, Kind::unavailable);
  for (const char* part : {"jaild.db", "newer jaild", "schema 3", "up to 2"}) {
    EXPECT_NE(version.error().message.find(part), std::string::npos) << version.error().message;
  }
  EXPECT_FALSE(migrate(database, std::span(three).first(2)).has_value());
}

TEST_F(SchemaTest, AnotherProgramsDatabaseIsRefused) {
  for (const char* sql : {"CREATE TABLE theirs (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"}) {
    std::ofstream(file_, std::ios::trunc).close();
    Database database = open();
    ASSERT_TRUE(database.execute(sql).has_value());
    Result<std::int64_t> version = schema_version(database);
    ASSERT_FALSE(version.has_value()) << sql;
    EXPECT_NE(version.error().message.find("another program"), std::string::npos) << version.error().message;
  }
}

}  // namespace
}  // namespace jaild::store
