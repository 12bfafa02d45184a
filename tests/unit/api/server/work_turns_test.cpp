#include "api/server/work_turns.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace jaild::server {
namespace {

class WorkTurnsTest : public testing::Test {
 protected:
  struct Asker {
    std::shared_ptr<Waiter> waiter;
    std::optional<Result<void>> answer;
    WorkTurns::Turn turn;
  };

  Asker& ask(const std::string& name) {
    Asker& asker = askers_.emplace_back();
    asker.waiter = std::make_shared<Waiter>(context_.get_executor());
    const auto take = [](Asker& its, WorkTurns& turns, std::string by) -> boost::asio::awaitable<void> {
      its.answer = co_await its.turn.take(turns, std::move(by), its.waiter);
    };
    boost::asio::co_spawn(context_, take(asker, turns_, name), boost::asio::detached);
    settle();
    return asker;
  }
  void settle() {
    context_.restart();
    context_.poll();
  }
  void release(Asker& asker) {
    asker.turn.release();
    settle();
  }
  static bool has_turn(const Asker& asker) { return asker.answer && *asker.answer; }

  boost::asio::io_context context_{1};
  WorkTurns turns_;
  std::list<Asker> askers_;
};

TEST_F(WorkTurnsTest, OneHasItsTurnAndAskersTakeTurns) {
  std::vector<Asker*> greedy;
  for (int n = 0; n < 3; ++n) greedy.push_back(&ask("viewer"));
  Asker& other = ask("admin");
  EXPECT_TRUE(has_turn(*greedy[0]));
  EXPECT_FALSE(greedy[1]->answer || other.answer);
  release(*greedy[0]);
  EXPECT_TRUE(has_turn(other)) << "before the two that came earlier";
  EXPECT_FALSE(greedy[1]->answer);
  release(other);
  EXPECT_TRUE(has_turn(*greedy[1]));
  release(*greedy[1]);
  EXPECT_TRUE(has_turn(*greedy[2]));
}

TEST_F(WorkTurnsTest, WhoHasTooManyIsRefusedAndOthersAreNot) {
  constexpr std::size_t half = WorkTurns::waiting_max / 2;
  for (std::size_t n = 0; n < half; ++n) ask("viewer");
  Asker& one_more = ask("viewer");
  ASSERT_TRUE(one_more.answer && !*one_more.answer);
  EXPECT_EQ(one_more.answer->error().kind, Kind::overloaded);
  EXPECT_FALSE(ask("admin").answer) << "it waits";
  release(askers_.front());
  EXPECT_FALSE(ask("viewer").answer) << "there is room for it again";
}

TEST_F(WorkTurnsTest, WhoseClientIsGoneLeavesTheTurnToTheNext) {
  Asker& first = ask("a");
  Asker& gone = ask("b");
  Asker& last = ask("c");
  gone.waiter->abandon();
  settle();
  ASSERT_TRUE(gone.answer && !*gone.answer);
  release(gone);
  EXPECT_FALSE(last.answer);
  release(first);
  EXPECT_TRUE(has_turn(last));
}

}  // namespace
}  // namespace jaild::server
