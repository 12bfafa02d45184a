#include "daemon/store/tables.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "daemon/store/database_file.h"
#include "tests/fakes/store_samples.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

class TablesTest : public testing::Test {
 protected:
  TablesTest() : database_(open_database_file(directory_.path() / "jaild.db", {}).value()) {}
  Tables tables(const Limits& limits = {}) { return Tables::prepare(database_, limits).value(); }
  std::int64_t count(const std::string& what) { return database_.read_integer("SELECT count(*) FROM " + what).value(); }

  tests::TemporaryDirectory directory_;
  Database database_;
};

TEST_F(TablesTest, AHundredThousandEventsStay) {
  ASSERT_TRUE(database_
                  .execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 102500)"
                           "INSERT INTO events SELECT i, 0, '', '', '', '{}' FROM n")
                  .has_value());
  Limits ageless;
  ageless.events_age = std::chrono::hours(24 * 365 * 100);
  Tables all = tables(ageless);
  Transaction transaction = Transaction::begin(database_).value();        // never committed: only counted within
  ASSERT_TRUE(all.apply(AddEvent{samples::event(102'501)}).has_value());  // the first trims
  EXPECT_EQ(count("events"), 100'000);
  EXPECT_EQ(database_.read_integer("SELECT min(id) FROM events").value(), 2'502);
  for (std::uint64_t id = 102'502; id <= 103'500; ++id)
    ASSERT_TRUE(all.apply(AddEvent{samples::event(id)}).has_value());
  EXPECT_EQ(count("events"), 100'999);
  ASSERT_TRUE(all.apply(AddEvent{samples::event(103'501)}).has_value());  // and every thousandth after it
  EXPECT_EQ(count("events"), 100'000);
}

TEST_F(TablesTest, OldEventsGoButForTheNewest) {
  ASSERT_TRUE(database_
                  .execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)"
                           "INSERT INTO events SELECT i, 0, '', '', '', '{}' FROM n")
                  .has_value());
  Tables all = tables();
  Transaction transaction = Transaction::begin(database_).value();  // never committed: only counted within
  JailEvent quiet = samples::event(5'001);
  quiet.at = WallTime() + std::chrono::hours(24 * 90);
  ASSERT_TRUE(all.apply(AddEvent{quiet}).has_value());  // the first trims; all are 90 days old, none is older
  EXPECT_EQ(count("events"), 5'001);
  Tables next = tables();
  quiet.id = 5'002;
  quiet.at += std::chrono::hours(1);
  ASSERT_TRUE(next.apply(AddEvent{quiet}).has_value());
  EXPECT_EQ(count("events"), 1'000);
  EXPECT_EQ(database_.read_integer("SELECT min(id) FROM events").value(), 4'003);
}

TEST_F(TablesTest, ARunLeavesNoLedgerBehind) {
  Tables all = tables();
  ASSERT_TRUE(all.apply(PutJail{samples::plain_jail("www1")}).has_value());
  ASSERT_TRUE(all.apply(PutRun{samples::full_run("www1", 1)}).has_value());
  ASSERT_TRUE(all.apply(PutRun{samples::full_run("www1", 2)}).has_value());
  EXPECT_EQ(count("ledger"), 5);
  EXPECT_EQ(count("ledger_details"), 5);
  ASSERT_TRUE(all.apply(EraseRun{"www1"}).has_value());
  EXPECT_EQ(count("ledger"), 0);
  EXPECT_EQ(count("ledger_details"), 0);
}

TEST_F(TablesTest, ARowThatWeDidNotWriteIsAnErrorThatNamesTheJail) {
  Tables all = tables();
  ASSERT_TRUE(all.apply(PutJail{samples::plain_jail("www1")}).has_value());
  ASSERT_TRUE(database_.execute("UPDATE jails SET spec = '{\"params\":'").has_value());
  Result<Snapshot> snapshot = all.snapshot();
  ASSERT_FALSE(snapshot.has_value());
  EXPECT_EQ(snapshot.error().kind, Kind::unavailable);
  EXPECT_NE(snapshot.error().message.find("jail www1"), std::string::npos) << snapshot.error().message;
}

TEST_F(TablesTest, NumbersBeyondTheFilesAreRefused) {
  Tables all = tables();
  Result<void> refused = all.apply(AddEvent{samples::event(~std::uint64_t{0})});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::internal);
}

}  // namespace
}  // namespace jaild::store
