// A start that somebody asks for is tried now: delays are for the tries of the restart policy.
#include <gtest/gtest.h>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

JailSpec patient(JailSpec spec = service()) {
  spec.restart.policy = RestartPolicy::always;
  spec.restart.delay = seconds{60};
  return spec;
}

void crash(World& world, const std::string& name) {
  world.feed(Event{MainExited{world.key(name), exit_with(1)}});
}

// What a request makes of a jail whose command failed and whose next try is a minute away.
struct Asked {
  const char* name;
  std::function<bool(World&)> ask;
};

Result<ChangeReply> put_again(World& world, std::optional<Desired> desired) {
  return world.ask(tests::put("web", patient(), desired));
}

ChangeRequest same_set(std::optional<Desired> desired) {
  return tests::a_set({tests::member("web", patient(), desired)});
}

class ExplicitStart : public testing::TestWithParam<Asked> {};

TEST_P(ExplicitStart, OfAJailInBackoffIsTriedNow) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  ASSERT_EQ(world.state("web"), JailState::backoff);
  ASSERT_TRUE(GetParam().ask(world));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST_P(ExplicitStart, OfAJailInBackoffKeepsItsReasonUntilThereIsABetterOne) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  world.host = [](const Op&) { return std::nullopt; };  // the look for what it needs takes its time
  ASSERT_TRUE(GetParam().ask(world));
  EXPECT_EQ(world.log.back(), "web resolve");
  EXPECT_EQ(world.state("web"), JailState::backoff);
  EXPECT_EQ(world.reason("web"), "command exited with 1");
}

TEST_P(ExplicitStart, ThatFailsAgainIsFollowedByTheDelayThatWasNext) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  ASSERT_TRUE(GetParam().ask(world));
  crash(world, "web");
  EXPECT_EQ(world.supervisor.find("web")->record().restart.last_delay, seconds{120});
  EXPECT_EQ(world.state("web"), JailState::backoff);
}

TEST_P(ExplicitStart, OfABlockedJailIsTriedNowAndKeepsItsReason) {
  World world;
  bool missing = true;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    Resolved resolved;
    if (missing) resolved.missing = {"bridge0 does not exist"};
    if (std::holds_alternative<Resolve>(op.what)) return Reply{resolved};
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", patient()));
  world.pass(seconds{20});  // the tries are 16 s apart by now
  ASSERT_TRUE(GetParam().ask(world));
  EXPECT_EQ(world.reason("web"), "bridge0 does not exist");
  missing = false;
  ASSERT_TRUE(GetParam().ask(world));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST_P(ExplicitStart, SurvivesTheEndOfJaild) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  world.durable.clear();
  ASSERT_TRUE(GetParam().ask(world));
  const auto* put = world.durable.empty() ? nullptr : std::get_if<PutJail>(&world.durable.front());
  ASSERT_NE(put, nullptr);
  EXPECT_FALSE(put->record.restart.next_try_at) << "the next jaild would wait out the delay";
  EXPECT_EQ(put->record.failure, "command exited with 1");
}

const Asked requests[] = {
    {"start", [](World& world) { return world.ask(tests::start("web")).has_value(); }},
    {"restart", [](World& world) { return world.ask(tests::restart("web")).has_value(); }},
    {"put", [](World& world) { return put_again(world, std::nullopt).has_value(); }},
    {"put_running", [](World& world) { return put_again(world, Desired::running).has_value(); }},
    {"apply", [](World& world) { return world.ask(same_set(std::nullopt)).has_value(); }},
    {"apply_running", [](World& world) { return world.ask(same_set(Desired::running)).has_value(); }},
};
INSTANTIATE_TEST_SUITE_P(Requests, ExplicitStart, testing::ValuesIn(requests),
                         [](const auto& info) { return info.param.name; });

TEST(ExplicitStart, PullsInADependencyThatIsInBackoff) {
  for (const bool as_set : {false, true}) {
    World world;
    ASSERT_TRUE(world.declare("db", patient()));
    ASSERT_TRUE(world.declare("web", depending({"db"}), Desired::stopped));
    crash(world, "db");
    if (as_set) {
      ASSERT_TRUE(world.ask(tests::a_set({tests::member("web", depending({"db"}), Desired::running)})));
    } else {
      ASSERT_TRUE(world.ask(tests::start("web")));
    }
    EXPECT_EQ(world.state("db"), JailState::running);
    EXPECT_EQ(world.state("web"), JailState::running);
  }
}

TEST(ExplicitStart, OfAJailWhoseDependencyIsInBackoffTriesThatOne) {
  World world;
  ASSERT_TRUE(world.declare("db", patient()));
  ASSERT_TRUE(world.declare("web", depending({"db"})));
  crash(world, "db");
  crash(world, "web");
  world.pass(seconds{2});
  ASSERT_EQ(world.reason("web"), "waits for db, which is backoff");
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_EQ(world.state("db"), JailState::running);
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(ExplicitStart, WhileTheFailedRunIsBeingStoppedFollowsAtOnce) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Remove>(op.what)) return std::nullopt;
    return Reply{Nothing{}};
  };
  crash(world, "web");
  ASSERT_EQ(world.state("web"), JailState::stopping);
  ASSERT_TRUE(world.ask(tests::start("web")));
  world.release();
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(ExplicitStart, TriesAtOnceToRemoveWhatTheLastStopLeft) {
  World world;
  auto spec = patient();
  bool busy = true;
  world.host = [&](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<Resolve>(op.what)) {
      Resolved resolved;
      resolved.before_create = {{ResourceKind::mount, "/jail/dev", {}, false}};
      return Reply{resolved};
    }
    if (busy && std::holds_alternative<Release>(op.what)) return Fail(Kind::host_refused, "Device busy");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(world.declare("web", spec));
  crash(world, "web");
  world.pass(seconds{40});  // the tries are 30 s apart by now
  busy = false;
  ASSERT_TRUE(world.ask(tests::start("web")));
  EXPECT_EQ(world.state("web"), JailState::running);
}

TEST(ExplicitStart, ADryRunOfItSaysSoAndChangesNothing) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  const auto reply = world.ask(tests::dry_run(tests::start("web")));
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->effects.size(), 1U);
  EXPECT_EQ(reply->effects[0].kind, Effect::Kind::start);
  EXPECT_EQ(world.state("web"), JailState::backoff);
}

TEST(ExplicitStart, AStopInBackoffStillHolds) {
  World world;
  ASSERT_TRUE(world.declare("web", patient()));
  crash(world, "web");
  ASSERT_TRUE(world.ask(tests::stop("web")));
  EXPECT_EQ(world.state("web"), JailState::stopped);
  ASSERT_TRUE(world.ask(tests::stop("web")));
  world.pass(seconds{200});
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

}  // namespace
}  // namespace jaild::core
