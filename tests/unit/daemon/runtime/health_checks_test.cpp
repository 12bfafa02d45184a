#include "daemon/runtime/health_checks.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/daemon/runtime/world.h"

namespace jaild::runtime {
namespace {

using std::chrono::seconds;

// Answers at once, what the test put in; then success.
class ScriptedProber final : public Prober {
 public:
  void probe(const HealthSettings& settings, std::function<void(Result<void>)> done) override {
    asked.push_back(settings.target);
    if (holds) {
      held = std::move(done);
      return;
    }
    Result<void> answer;
    if (failures > 0) {
      --failures;
      answer = Fail(Kind::unavailable, "connect: refused");
    }
    done(std::move(answer));
  }

  std::vector<std::string> asked;
  int failures = 0;
  bool holds = false;
  std::function<void(Result<void>)> held;
};

struct HealthWorld : World {
  HealthWorld() {
    service.set_first_listener([this](const JailEvent& event) { checks.on_event(event); });
  }
  ScriptedProber prober;
  HealthChecks checks{loop, engine, prober};
};

JailSpec a_checked_service() {
  auto spec = a_service();
  spec.health = HealthSettings{};
  spec.health->target = "10.0.0.2:80";
  return spec;
}

TEST(HealthChecks, AJailThatComesUpIsReadyAfterItsFirstGoodCheck) {
  HealthWorld world;
  world.prober.failures = 2;
  ASSERT_TRUE(world.ask(declare("web", a_checked_service()), seconds{0}));
  EXPECT_FALSE(world.service.get("web")->status.ready);
  world.pass(seconds{30});
  EXPECT_TRUE(world.service.get("web")->status.ready);
  EXPECT_EQ(world.prober.asked.front(), "10.0.0.2:80");
}

TEST(HealthChecks, AJailIsCheckedAtItsInterval) {
  HealthWorld world;
  ASSERT_TRUE(world.ask(declare("web", a_checked_service()), seconds{0}));
  const auto before = world.prober.asked.size();
  world.pass(seconds{100});
  EXPECT_EQ(world.prober.asked.size(), before + 10);
}

TEST(HealthChecks, AStoppedJailIsCheckedNoMore) {
  HealthWorld world;
  ASSERT_TRUE(world.ask(declare("web", a_checked_service()), seconds{0}));
  const auto stop = tests::stop("web");
  ASSERT_TRUE(world.ask(stop, seconds{60}, seconds{60}));
  const auto before = world.prober.asked.size();
  world.pass(seconds{300});
  EXPECT_EQ(world.prober.asked.size(), before);
}

TEST(HealthChecks, AnAnswerOfAnEarlierRunIsNotTakenForTheNextOne) {
  HealthWorld world;
  world.prober.holds = true;
  ASSERT_TRUE(world.ask(declare("web", a_checked_service()), seconds{0}));
  ASSERT_TRUE(world.prober.held);
  const auto old = world.prober.held;
  const auto restart = tests::restart("web");
  ASSERT_TRUE(world.ask(restart, seconds{0}, seconds{60}));
  ASSERT_EQ(world.state("web"), JailState::running);
  old({});
  world.pass(seconds{1});
  EXPECT_FALSE(world.service.get("web")->status.ready);
}

TEST(HealthChecks, AnExecCheckRunsInTheJailAndItsExitCodeDecides) {
  HealthWorld world;
  auto spec = a_checked_service();
  spec.health->kind = HealthKind::exec;
  spec.health->target = "exit 1";
  ASSERT_TRUE(world.ask(declare("web", spec), seconds{0}, seconds{15}));
  EXPECT_FALSE(world.service.get("web")->status.ready);
  EXPECT_EQ(world.service.get("web")->status.reason, "health check (exit 1): exited with 1");
  spec.health->target = "true";
  const auto replace = tests::put("web", spec);
  ASSERT_TRUE(world.ask(replace, seconds{0}, seconds{30}));
  EXPECT_TRUE(world.service.get("web")->status.ready);
  EXPECT_TRUE(world.prober.asked.empty());
}

TEST(HealthChecks, ACheckTakenOutOfTheSpecIsNotRun) {
  HealthWorld world;
  ASSERT_TRUE(world.ask(declare("web", a_checked_service()), seconds{0}));
  const auto replace = tests::put("web", a_service());
  ASSERT_TRUE(world.ask(replace, seconds{0}, seconds{15}));
  const auto before = world.prober.asked.size();
  world.pass(seconds{300});
  EXPECT_EQ(world.prober.asked.size(), before);
}

}  // namespace
}  // namespace jaild::runtime
