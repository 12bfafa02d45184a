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

// P5: what an earlier jaild made is in the ledger of the next.
TEST_F(SchemaTest, TheLedgerOfAnEarlierJaildMovesAlong) {
  for (const std::size_t earlier : {std::size_t{2}, std::size_t{3}}) {
    std::ofstream(file_, std::ios::trunc).close();
    Database database = open();
    ASSERT_EQ(error_of(migrate(database, migrations().first(earlier))), "");
    ASSERT_EQ(error_of(database.execute(R"sql(
INSERT INTO jails VALUES ('www', 1, 'running', 0, '{}', 0, 'uid 0', 0, NULL, 0, '', 0, '[]', 0, NULL);
INSERT INTO runs (jail, run, jid, generation, spec, phase, boot_id) VALUES ('www', 7, 3, 1, '{}', 'running', 'b');
INSERT INTO ledger VALUES (40, 'www', 1, 0, 'mount', '/jail/www/dev', 0), (41, 'www', 0, 0, 'alias', 'em0|10.0.0.1', 1);
INSERT INTO ledger_details VALUES (40, 'fstype', 'devfs'), (41, 'how', 'add');
INSERT INTO exits (jail, last_exit) VALUES ('www', '{}');
)sql")),
              "");
    ASSERT_EQ(error_of(migrate(database, migrations())), "");
    const Snapshot snapshot = Tables::prepare(database, {})->snapshot().value();
    ASSERT_EQ(snapshot.runs.size(), 1U);
    const core::RunRecord& run = snapshot.runs[0];
    EXPECT_EQ(
        run.before_create,
        (std::vector<core::LedgerEntry>{{core::ResourceKind::mount, "/jail/www/dev", {{"fstype", "devfs"}}, false}}));
    EXPECT_EQ(run.after_create,
              (std::vector<core::LedgerEntry>{{core::ResourceKind::alias, "em0|10.0.0.1", {{"how", "add"}}, true}}));
    EXPECT_EQ(error_of(database.execute("INSERT INTO ledger VALUES (42, 'www', 0, 1, 'root', 'tank/www', 0)")), "")
        << "a new kind needs no new schema";
    ASSERT_EQ(error_of(database.execute("PRAGMA foreign_keys = ON; DELETE FROM runs")), "");
    EXPECT_EQ(database.read_integer("SELECT count(*) FROM ledger_details").value(), 0) << "and goes with its run";
  }
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
