// What MemoryStore can do beyond the contract of every store (tests/contract/store).
#include "tests/fakes/memory_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/fakes/store_samples.h"

namespace jaild::store {
namespace {

using samples::event;

class MemoryStoreTest : public testing::Test {
 protected:
  void start(std::uint64_t id) {
    store_.commit({AddEvent{event(id)}}, [this, id](const Result<void>& result) {
      answers_.push_back(std::to_string(id) + (result ? " ok" : std::string(" ") + traits(result.error().kind).type));
    });
  }
  std::uint64_t last_event() { return store_.load().value().last_event; }
  using Answers = std::vector<std::string>;

  MemoryStore store_;
  Answers answers_;
};

TEST_F(MemoryStoreTest, TheNthCommitFails) {
  store_.fail_commit(2, Kind::unavailable);
  store_.fail_commit(4, Kind::storage_full);
  for (std::uint64_t id = 1; id <= 5; ++id) start(id);
  EXPECT_EQ(answers_, (Answers{"1 ok", "2 unavailable", "3 ok", "4 storage-full", "5 ok"}));
  EXPECT_EQ(store_.commits(), 3U);
  start(2);
  EXPECT_EQ(answers_.back(), "2 ok");  // nothing of it was stored
}

TEST_F(MemoryStoreTest, AFullStoreTakesNothingUntilThereIsSpace) {
  start(1);
  store_.set_full(true);
  start(2);
  start(3);
  store_.set_full(false);
  start(3);
  EXPECT_EQ(answers_, (Answers{"1 ok", "2 storage-full", "3 storage-full", "3 ok"}));
}

TEST_F(MemoryStoreTest, HeldAnswersComeOneByOneAndTakeEffectThen) {
  store_.hold();
  for (std::uint64_t id = 1; id <= 3; ++id) start(id);
  EXPECT_EQ(answers_, Answers{});
  EXPECT_EQ(last_event(), 0U);
  EXPECT_EQ(store_.waiting(), 3U);
  EXPECT_TRUE(store_.deliver());
  EXPECT_EQ(answers_, Answers{"1 ok"});
  EXPECT_EQ(last_event(), 1U);
  store_.release();
  EXPECT_EQ(answers_, (Answers{"1 ok", "2 ok", "3 ok"}));
  EXPECT_FALSE(store_.deliver());
  start(4);
  EXPECT_EQ(answers_.back(), "4 ok");
}

TEST_F(MemoryStoreTest, ACrashBeforeTheSyncLosesWhatWaits) {
  start(1);
  store_.hold();
  start(2);
  store_.lose_waiting();
  store_.release();
  EXPECT_EQ(answers_, Answers{"1 ok"});
  EXPECT_EQ(last_event(), 1U);
}

TEST_F(MemoryStoreTest, ACrashAfterTheSyncKeepsWhatNobodyWasTold) {
  store_.hold();
  start(1);
  store_.keep_waiting_unanswered();
  store_.release();
  EXPECT_EQ(answers_, Answers{});
  EXPECT_EQ(last_event(), 1U);
}

TEST_F(MemoryStoreTest, TooManyThatWaitAreRefusedAtOnce) {
  store_.hold();
  for (std::uint64_t id = 1; id <= 10'001; ++id) start(id);
  EXPECT_EQ(answers_, Answers{"10001 overloaded"});
  EXPECT_EQ(store_.waiting(), 10'000U);
}

TEST_F(MemoryStoreTest, ALoadCanFail) {
  store_.fail_load(Kind::unavailable);
  EXPECT_FALSE(store_.load().has_value());
  store_.fail_load(std::nullopt);
  EXPECT_TRUE(store_.load().has_value());
}

}  // namespace
}  // namespace jaild::store
