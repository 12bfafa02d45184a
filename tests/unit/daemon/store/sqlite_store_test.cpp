#include "daemon/store/sqlite_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "tests/fakes/slow_vfs.h"
#include "tests/fakes/store_samples.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

namespace fs = std::filesystem;
using samples::commit;
using samples::event;
using samples::plain_jail;

class SqliteStoreTest : public testing::Test {
 protected:
  void open(const Limits& limits = {}) {
    Result<std::unique_ptr<SqliteStore>> opened = SqliteStore::open({file_, {}, vfs_.name(), limits});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }

  // From here calls wait behind one commit (event 1) whose sync is held.
  void hold_the_disk() {
    ASSERT_TRUE(commit(*store_, {PutMeta{"warm", "up"}}).has_value());  // the log's own first sync
    vfs_.hold_syncs();
    start({AddEvent{event(1)}});
    ASSERT_TRUE(vfs_.wait_for_held_sync());
  }

  void start(std::vector<Mutation> mutations) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    answers_.push_back(promise->get_future());
    store_->commit(std::move(mutations), [promise](Result<void> result) { promise->set_value(std::move(result)); });
  }
  std::vector<Result<void>> answers() {
    std::vector<Result<void>> results;
    for (auto& answer : std::exchange(answers_, {})) {
      const bool came = answer.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
      results.push_back(came ? answer.get() : Result<void>(Fail(Kind::timeout, "no answer")));
    }
    return results;
  }
  std::vector<std::uint64_t> stored_events(Store& store) {
    return samples::ids(samples::events(store, {.after = 0, .jail = "", .type = "", .limit = 20'000}).value());
  }
  // What a daemon killed at this moment leaves: the files as they are, opened by the next one.
  std::vector<std::uint64_t> events_after_a_kill_now() {
    const fs::path copy = directory_.path() / "copy";
    fs::remove_all(copy);
    fs::copy(file_.parent_path(), copy);
    Result<std::unique_ptr<SqliteStore>> next = SqliteStore::open({copy / "jaild.db", {}, "", {}});
    EXPECT_TRUE(next.has_value()) << next.error().message;
    return stored_events(**next);
  }

  tests::TemporaryDirectory directory_;
  const fs::path file_ = directory_.path() / "state" / "jaild.db";
  SlowVfs vfs_{"sqlite-store-test"};
  std::unique_ptr<SqliteStore> store_;
  std::vector<std::future<Result<void>>> answers_;
};

using Ids = std::vector<std::uint64_t>;

// ---- group commit -----------------------------------------------------------------------------------------

// design.md, "What is durable when": what queued while one fsync was under way is the next transaction.
// What a 201 would be worth that goes into a file without a name: nothing, with the end of the process.
TEST_F(SqliteStoreTest, NothingIsCommittedToFilesThatLostTheirNames) {
  open();
  ASSERT_TRUE(commit(*store_, {AddEvent{event(1)}}).has_value());
  const auto check = [this] {
    std::promise<Result<void>> answer;
    store_->check([&answer](Result<void> sound) { answer.set_value(std::move(sound)); });
    return answer.get_future().get();
  };
  EXPECT_TRUE(check());
  for (const std::string suffix : {"", "-wal"}) {
    const fs::path file = file_.string() + suffix;
    const fs::path elsewhere = file.string() + ".elsewhere";
    fs::rename(file, elsewhere);
    for (const bool replaced : {false, true}) {
      if (replaced) fs::copy_file(elsewhere, file);
      const Result<void> refused = commit(*store_, {AddEvent{event(2)}});
      ASSERT_FALSE(refused) << file;
      EXPECT_EQ(refused.error().kind, Kind::storage_full);
      EXPECT_TRUE(refused.error().message.starts_with(file.string() + " was removed or replaced"));
      EXPECT_FALSE(check());
    }
    fs::rename(elsewhere, file);
    EXPECT_TRUE(check()) << "the same file is back";
    EXPECT_EQ(stored_events(*store_), std::vector<std::uint64_t>{1});
  }
  EXPECT_TRUE(commit(*store_, {AddEvent{event(2)}}).has_value());
}

TEST_F(SqliteStoreTest, WhatQueuesDuringASyncSharesTheNext) {
  open();
  hold_the_disk();
  const std::size_t before = vfs_.syncs();
  for (std::uint64_t id = 2; id <= 65; ++id) start({AddEvent{event(id)}});
  vfs_.release_syncs();
  for (const Result<void>& answer : answers()) EXPECT_TRUE(answer.has_value());
  EXPECT_EQ(vfs_.syncs() - before, 1U);
}

TEST_F(SqliteStoreTest, QueriesBetweenCommitsDoNotCostASync) {
  open();
  hold_the_disk();
  const std::size_t before = vfs_.syncs();
  for (std::uint64_t id = 2; id <= 33; ++id) {
    start({AddEvent{event(id)}});
    store_->events({}, [](const Result<std::vector<JailEvent>>&) {});
  }
  vfs_.release_syncs();
  answers();
  EXPECT_EQ(vfs_.syncs() - before, 1U);
}

// 64 writers, at least 20 commits for each fsync. Counted, so that the speed of the machine does not
// matter.
TEST_F(SqliteStoreTest, SixtyFourWritersShareSyncs) {
  open();
  hold_the_disk();
  constexpr std::uint64_t commits_each = 50;
  std::atomic<std::uint64_t> next_id{2};
  std::atomic<std::uint64_t> failed{0};
  std::promise<void> all_done;
  std::atomic<int> writers_left{64};
  std::function<void(std::uint64_t)> write = [&](std::uint64_t left) {
    if (left == 0) {
      if (--writers_left == 0) all_done.set_value();
      return;
    }
    store_->commit({AddEvent{event(next_id++)}}, [&write, &failed, left](const Result<void>& result) {
      if (!result) ++failed;
      write(left - 1);
    });
  };
  const std::size_t before = vfs_.syncs();
  for (int writer = 0; writer < 64; ++writer) write(commits_each);
  vfs_.release_syncs();
  ASSERT_EQ(all_done.get_future().wait_for(std::chrono::seconds(120)), std::future_status::ready);
  store_.reset();  // ends the thread before what it refers to
  EXPECT_EQ(failed, 0U);
  EXPECT_LE(vfs_.syncs() - before, 64 * commits_each / 20);
}

TEST_F(SqliteStoreTest, NobodyWaitsForCompany) {
  open();
  ASSERT_TRUE(commit(*store_, {AddEvent{event(1)}}).has_value());
  const std::size_t before = vfs_.syncs();
  for (std::uint64_t id = 2; id <= 11; ++id) ASSERT_TRUE(commit(*store_, {AddEvent{event(id)}}).has_value());
  EXPECT_EQ(vfs_.syncs() - before, 10U);  // alone each time: answered at once, with its own sync
}

TEST_F(SqliteStoreTest, ACommitDoesNotWaitForTheQueriesBeforeIt) {
  open();
  hold_the_disk();
  std::atomic<int> answered{0};
  int answered_before = -1;
  for (int i = 0; i < 50; ++i) store_->events({}, [&](const auto&) { ++answered; });
  std::promise<void> done;
  store_->commit({AddEvent{event(2)}}, [&](const Result<void>&) {
    answered_before = answered;
    done.set_value();
  });
  vfs_.release_syncs();
  ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  store_.reset();  // answers all
  EXPECT_EQ(answered_before, 0);
  EXPECT_EQ(answered, 50);
}

TEST_F(SqliteStoreTest, AQueryThatLooksAtManyEventsTakesTurnsWithCommits) {
  open();
  std::vector<Mutation> many;
  for (std::uint64_t id = 1; id <= 20'000; ++id) many.push_back(AddEvent{event(id)});
  ASSERT_TRUE(commit(*store_, std::move(many)).has_value());
  // Each answer to a commit asks for the next one: while a query looks at 20,000 events, several get their turn.
  std::atomic<bool> looked{false};
  int meanwhile = 0;
  std::uint64_t next = 20'001;
  std::promise<void> over;
  std::function<void(const Result<void>&)> again = [&](const Result<void>&) {
    if (looked) return over.set_value();
    ++meanwhile;
    store_->commit({AddEvent{event(next++)}}, again);
  };
  store_->commit({AddEvent{event(next++)}}, again);
  store_->events({.jail = "", .type = "nothing"}, [&](const auto& found) { looked = found && found->empty(); });
  ASSERT_EQ(over.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  store_.reset();
  EXPECT_GE(meanwhile, 5);
}

TEST_F(SqliteStoreTest, ABadCommitFailsAloneAmongItsNeighbours) {
  open();
  hold_the_disk();
  const std::size_t before = vfs_.syncs();
  start({AddEvent{event(2)}});
  start({PutMeta{"half", "written"}, AddEvent{event(2)}});  // a number twice
  start({PutRun{samples::full_run("nobody", 1)}});          // a run of no jail
  start({AddEvent{event(3)}});
  vfs_.release_syncs();
  const std::vector<Result<void>> results = answers();
  ASSERT_EQ(results.size(), 5U);
  EXPECT_TRUE(results[1].has_value());
  ASSERT_FALSE(results[2].has_value());
  EXPECT_EQ(results[2].error().kind, Kind::internal);
  EXPECT_FALSE(results[3].has_value());
  EXPECT_TRUE(results[4].has_value());
  EXPECT_EQ(vfs_.syncs() - before, 1U);
  EXPECT_EQ(stored_events(*store_), (Ids{1, 2, 3}));
  EXPECT_FALSE(store_->load().value().meta.contains("half"));
}

TEST_F(SqliteStoreTest, ManyThreadsMayCall) {
  open();
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 1; i <= 50; ++i) {
        if (!commit(*store_, {AddEvent{event(thread * 1000 + i)}})) ++failed;
        if (i % 10 == 0 && !samples::history(*store_, "www1")) ++failed;
        if (i % 25 == 0 && !store_->load()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(stored_events(*store_).size(), 200U);
}

// ---- bounds and the end -----------------------------------------------------------------------------------

TEST_F(SqliteStoreTest, TenThousandWaitAndTheNextIsRefusedAtOnce) {
  open();
  hold_the_disk();
  for (std::uint64_t id = 2; id <= 10'001; ++id) start({AddEvent{event(id)}});
  std::optional<Kind> refused;
  store_->commit({AddEvent{event(99'999)}},
                 [&](const Result<void>& result) { refused = result ? Kind::internal : result.error().kind; });
  EXPECT_EQ(refused, Kind::overloaded);  // on this thread, before the call returned
  refused.reset();
  store_->events({}, [&](const Result<std::vector<JailEvent>>& result) { refused = result.error().kind; });
  EXPECT_EQ(refused, Kind::overloaded);
  refused.reset();
  store_->history("www1", {}, [&](const Result<HistoryPage>& result) { refused = result.error().kind; });
  EXPECT_EQ(refused, Kind::overloaded);

  vfs_.release_syncs();
  for (const Result<void>& answer : answers()) ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(commit(*store_, {AddEvent{event(99'999)}}).has_value());
  EXPECT_EQ(stored_events(*store_).size(), 10'002U);
}

TEST_F(SqliteStoreTest, ClosingAnswersWhatWaitsAndEmptiesTheLog) {
  open();
  hold_the_disk();
  for (std::uint64_t id = 2; id <= 20; ++id) start({AddEvent{event(id)}});
  std::thread disk([this] { vfs_.release_syncs(); });
  store_.reset();
  disk.join();
  for (const Result<void>& answer : answers()) EXPECT_TRUE(answer.has_value());
  EXPECT_TRUE(fs::exists(file_));
  EXPECT_FALSE(fs::exists(file_.string() + "-wal"));
  open();
  EXPECT_EQ(stored_events(*store_).size(), 20U);
}

TEST_F(SqliteStoreTest, ClosingRefusesWhatAnAnswerCalls) {
  open();
  SqliteStore& store = *store_;
  Kind refusal = Kind::internal;
  std::promise<void> going;
  std::function<void(int)> again = [&](int rounds) {  // without end, if it were not refused
    if (rounds == 3) going.set_value();
    store.commit({PutMeta{"rounds", std::to_string(rounds)}}, [&, rounds](const Result<void>& result) {
      if (result) return again(rounds + 1);
      refusal = result.error().kind;
    });
  };
  again(0);
  going.get_future().wait();
  store_.reset();
  EXPECT_EQ(refusal, Kind::unavailable);
}

TEST_F(SqliteStoreTest, ALongLogIsMovedIntoTheFileAfterTheAnswers) {
  open();
  const std::string large(100'000, 'x');  // 25 pages of log
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(commit(*store_, {PutMeta{"large", large + std::to_string(i)}}).has_value());
  }
  EXPECT_LT(fs::file_size(file_.string() + "-wal"), 1'200U * 4'200U);  // 200 times 25 pages would be 20 MB
}

// ---- a disk that fails ------------------------------------------------------------------------------------

// P1, from the other side: what was answered with an error is not stored, not even after a crash.
TEST_F(SqliteStoreTest, AFailedSyncFailsEveryMemberAndStoresNone) {
  open();
  hold_the_disk();
  for (std::uint64_t id = 2; id <= 4; ++id) start({AddEvent{event(id)}});
  start({AddEvent{event(1)}});  // could not be stored anyway
  vfs_.fail_syncs(1, EIO);      // the held one, that of event 1, is the first to end: it fails
  vfs_.release_syncs();
  std::vector<Result<void>> results = answers();
  ASSERT_EQ(results.size(), 5U);
  ASSERT_FALSE(results[0].has_value());
  EXPECT_EQ(results[0].error().kind, Kind::unavailable);
  EXPECT_EQ(results[0].error().os_errno, EIO);
  EXPECT_NE(results[0].error().message.find(file_.string()), std::string::npos) << results[0].error().message;
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(results[i].has_value());
  EXPECT_TRUE(results[4].has_value());  // its number was free after all
  EXPECT_EQ(stored_events(*store_), (Ids{1, 2, 3, 4}));
}

TEST_F(SqliteStoreTest, AFailedBatchDoesNotComeBackAfterAKill) {
  open();
  for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(commit(*store_, {AddEvent{event(id)}}).has_value());
  vfs_.fail_syncs(1, EIO);
  EXPECT_FALSE(commit(*store_, {AddEvent{event(4)}, PutMeta{"a", "b"}}).has_value());
  EXPECT_EQ(events_after_a_kill_now(), (Ids{1, 2, 3}));
  EXPECT_EQ(stored_events(*store_), (Ids{1, 2, 3}));
}

TEST_F(SqliteStoreTest, WhileTheDiskFailsEveryCommitHearsItAndThenItWorksAgain) {
  open();
  ASSERT_TRUE(commit(*store_, {AddEvent{event(1)}}).has_value());
  vfs_.fail_syncs(1'000, EIO);
  for (int i = 0; i < 5; ++i) {
    Result<void> result = commit(*store_, {AddEvent{event(2)}});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, Kind::unavailable);
  }
  EXPECT_EQ(stored_events(*store_), Ids{1});  // questions are still answered
  vfs_.fail_syncs(0, 0);
  EXPECT_TRUE(commit(*store_, {AddEvent{event(2)}}).has_value());
  EXPECT_EQ(events_after_a_kill_now(), (Ids{1, 2}));
}

// design.md, "What is durable when": a full disk is told as such (507), and nothing has to be restarted when there is
// space again.
TEST_F(SqliteStoreTest, AFullDiskIsStorageFullUntilThereIsSpace) {
  open();
  ASSERT_TRUE(commit(*store_, {AddEvent{event(1)}}).has_value());
  vfs_.set_full(true);
  const std::string large(3'000'000, 'x');  // more than SQLite's cache: also fails in the middle of a transaction
  for (const Mutation& mutation : {Mutation{PutMeta{"large", large}}, Mutation{PutMeta{"small", "x"}}}) {
    Result<void> result = commit(*store_, {AddEvent{event(2)}, mutation});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, Kind::storage_full) << result.error().message;
  }
  EXPECT_EQ(stored_events(*store_), Ids{1});
  vfs_.set_full(false);
  EXPECT_TRUE(commit(*store_, {AddEvent{event(2)}, PutMeta{"large", large}}).has_value());
  EXPECT_EQ(events_after_a_kill_now(), (Ids{1, 2}));
}

TEST_F(SqliteStoreTest, ASyncWithoutSpaceIsStorageFull) {
  open();
  vfs_.fail_syncs(1, ENOSPC);  // NFS and ZFS may say it only now
  Result<void> result = commit(*store_, {AddEvent{event(1)}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Kind::storage_full) << result.error().message;
  EXPECT_TRUE(commit(*store_, {AddEvent{event(1)}}).has_value());
}

TEST_F(SqliteStoreTest, AFullBatchTakesItsNeighboursAlongButOnlyThem) {
  open();
  hold_the_disk();
  start({AddEvent{event(2)}});
  start({PutMeta{"large", std::string(3'000'000, 'x')}});
  start({AddEvent{event(3)}});
  vfs_.set_full(true);
  vfs_.release_syncs();
  const std::vector<Result<void>> results = answers();
  EXPECT_TRUE(results[0].has_value());
  for (std::size_t i = 1; i < results.size(); ++i) {
    ASSERT_FALSE(results[i].has_value());
    EXPECT_EQ(results[i].error().kind, Kind::storage_full) << results[i].error().message;
  }
  EXPECT_EQ(stored_events(*store_), Ids{1});
}

TEST_F(SqliteStoreTest, AnotherStoreOnTheSameFileIsRefused) {
  open();
  Result<std::unique_ptr<SqliteStore>> second = SqliteStore::open({file_, {}, "", {}});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, Kind::unavailable);
}

TEST_F(SqliteStoreTest, ADamagedFileSaysThatJailsGoOn) {
  fs::create_directory(file_.parent_path());
  std::ofstream(file_) << std::string(10'000, 'x');
  Result<std::unique_ptr<SqliteStore>> refused = SqliteStore::open({file_, {}, "", {}});
  ASSERT_FALSE(refused.has_value());
  for (const std::string& part :
       {file_.string(), std::string("Move it away or restore it"), std::string("jails are not touched")}) {
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
  }
}

}  // namespace
}  // namespace jaild::store
