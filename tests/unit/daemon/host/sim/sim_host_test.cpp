// The way of an operation: order, faults, crash, determinism, queries.
#include "daemon/host/sim/sim_host.h"

#include <cerrno>
#include <random>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

struct Planned final : FaultPlan {
  OpFault on_op(const Op& op) override { return std::holds_alternative<OpenMonitor>(op.what) ? OpFault{} : fault; }
  EventFault on_event(const Event&) override { return event; }
  int on_query(Query) override { return query; }
  OpFault fault;
  EventFault event;
  int query = 0;
};

struct FaultyHost : testing::Test {
  Machine machine;
  std::shared_ptr<Planned> plan = std::make_shared<Planned>();
  Daemon daemon{machine, plan};
};

TEST(SimHostOrder, NothingHappensInsideSubmitAndOrderIsKept) {
  Machine machine;
  Daemon daemon(machine);
  const OpId first = daemon.submit(Resolve{"a", {}});
  const OpId second = daemon.submit(Resolve{"b", {}});
  EXPECT_TRUE(daemon.done.empty());
  machine.run_for(0s);
  ASSERT_EQ(daemon.done.size(), 2U);
  EXPECT_EQ(daemon.done[0].id, first);
  EXPECT_EQ(daemon.done[1].id, second);
}

TEST_F(FaultyHost, FailureWithoutEffect) {
  plan->fault.error = EIO;
  const auto created = daemon.perform(Create{{"www", 1, 0}, {}});
  EXPECT_EQ(errno_of(created), EIO);
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST_F(FaultyHost, FailureAfterTheEffect) {
  const JailKey key = daemon.up("www");
  plan->fault = OpFault{.error = EIO, .done_nevertheless = true};
  EXPECT_EQ(errno_of(daemon.perform(SetRules{key, {rule("maxproc:deny=5")}})), EIO);
  EXPECT_EQ(machine.kernel->accounts().rules("www").size(), 1U);
}

TEST_F(FaultyHost, JailSetItselfMakesAJailOrSaysItDidNot) {
  plan->fault = OpFault{.error = EIO, .done_nevertheless = true};
  EXPECT_EQ(errno_of(daemon.perform(Create{{"www", 1, 0}, {}})), EIO);
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST_F(FaultyHost, DelayBeforeAndAfterTheEffect) {
  plan->fault = OpFault{.before = 5s, .after = 7s};
  const OpId id = daemon.submit(Create{{"www", 1, 0}, {}});
  machine.run_for(4s);
  EXPECT_TRUE(machine.kernel->jails().empty());
  machine.run_for(2s);
  EXPECT_EQ(machine.kernel->jails().size(), 1U);
  EXPECT_EQ(daemon.find(id), nullptr);
  machine.run_for(6s);
  EXPECT_NE(daemon.find(id), nullptr);
}

TEST_F(FaultyHost, HangsUntilLetGoOrAtMostSoLong) {
  plan->fault.hang = 1h;
  const OpId first = daemon.submit(Resolve{"a", {}});
  machine.run_for(59min);
  EXPECT_EQ(daemon.find(first), nullptr);
  daemon.host->let_go();
  machine.run_for(0s);
  EXPECT_NE(daemon.find(first), nullptr);
  const OpId second = daemon.submit(Resolve{"b", {}});
  machine.run_for(61min);
  EXPECT_NE(daemon.find(second), nullptr);
  EXPECT_EQ(daemon.done.size(), 2U) << "each completed once";
}

TEST_F(FaultyHost, R2_4_HangingJailHoldsUpNoOther) {
  plan->fault.hang = 1h;
  daemon.submit(Resolve{"a", {}});
  machine.run_for(0s);
  plan->fault = {};
  EXPECT_TRUE(daemon.perform(Resolve{"b", {}}));
}

TEST_F(FaultyHost, EventsAreLostDoubledDelayed) {
  plan->event.copies = 0;
  ASSERT_TRUE(machine.hand.jail_c("a", "/"));
  machine.run_for(1s);
  EXPECT_EQ(daemon.events.size(), 0U);
  plan->event.copies = 2;
  ASSERT_TRUE(machine.hand.jail_c("b", "/"));
  machine.run_for(1s);
  EXPECT_EQ(daemon.events.size(), 2U);
  plan->event = EventFault{.copies = 1, .delay = 5s};
  ASSERT_TRUE(machine.hand.jail_c("c", "/"));
  machine.run_for(4s);
  EXPECT_EQ(daemon.events.size(), 2U);
  machine.run_for(2s);
  EXPECT_EQ(daemon.events.size(), 3U);
}

TEST_F(FaultyHost, QueriesFail) {
  plan->query = EIO;
  EXPECT_EQ(errno_of(daemon.host->survey()), EIO);
  EXPECT_EQ(errno_of(daemon.host->usage({})), EIO);
  EXPECT_EQ(errno_of(daemon.host->processes({})), EIO);
}

TEST_F(FaultyHost, CrashBetweenEffectAndCompletionLeavesTheEffect) {
  plan->fault.after = 5s;
  daemon.submit(Create{{"www", 1, 0}, {}});
  machine.run_for(1s);
  daemon.crash();
  machine.run_for(1min);
  EXPECT_TRUE(daemon.done.empty());
  EXPECT_NE(machine.kernel->find_alive("www"), nullptr);
}

TEST_F(FaultyHost, CrashBeforeTheEffectLeavesNone) {
  plan->fault.before = 5s;
  daemon.submit(Create{{"www", 1, 0}, {}});
  machine.run_for(1s);
  daemon.crash();
  machine.run_for(1min);
  EXPECT_TRUE(machine.kernel->jails().empty());
}

TEST(SimHostStop, NothingIsToldAfterwards) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  const std::size_t before = daemon.done.size();
  daemon.submit(core::Run{key, Daemon::command("sleep 5")});
  daemon.submit(Terminate{key, 30s});
  machine.run_for(0s);
  ASSERT_TRUE(machine.hand.jail_c("other", "/"));
  daemon.host->stop();
  daemon.submit(Resolve{"late", {}});
  machine.run_for(1h);
  EXPECT_EQ(daemon.done.size(), before);
  EXPECT_TRUE(daemon.events.empty());
}

TEST(SimHostQueries, SurveyShowsJailsRulesAndDyingOnes) {
  Machine machine;
  Daemon daemon(machine);
  JailSpec spec;
  spec.params["host.hostname"] = std::string("www.example.org");
  spec.rctl = {rule("maxproc:deny=5")};
  spec.cpuset = cpus("0-1");
  const JailKey key = daemon.up("www", spec);
  const auto old = machine.hand.jail_c("old", "/");
  machine.kernel->set_lingering(*old, 60s);
  ASSERT_TRUE(machine.hand.jail_r("old"));
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd")}));
  const auto survey = daemon.host->survey();
  ASSERT_TRUE(survey);
  ASSERT_EQ(survey->jails.size(), 2U);
  const JailFacts& www = survey->jails[0];
  EXPECT_EQ(www.jid, key.jid);
  EXPECT_EQ(www.path, "/jail/www");
  EXPECT_FALSE(www.empty);
  EXPECT_EQ(www.cpus, cpus("0-1"));
  EXPECT_EQ(www.rules, std::vector<std::string>{"jail:www:maxproc:deny=5"});
  EXPECT_EQ(www.params.at("host.hostname"), ParamValue(std::string("www.example.org")));
  EXPECT_TRUE(survey->jails[1].dying);
}

TEST(SimHostQueries, UsageAndProcessesLeaveOutWhatIsGone) {
  Machine machine;
  Daemon daemon(machine);
  const JailKey key = daemon.up("www");
  ASSERT_TRUE(daemon.perform(StartMain{key, Daemon::command("httpd -f")}));
  machine.run_for(100s);
  const auto usage = daemon.host->usage({key, {"gone", 9, 77}, {"other", 8, key.jid}});
  ASSERT_TRUE(usage);
  ASSERT_EQ(usage->size(), 1U);
  EXPECT_EQ(usage->at("www").resources.size(), 25U);
  EXPECT_EQ(usage->at("www").resources.at(Resource::cputime), 10U);
  const auto processes = daemon.host->processes(key);
  ASSERT_EQ(processes->size(), 1U);
  EXPECT_EQ(processes->front().command, "httpd -f");
  EXPECT_EQ(processes->front().user, "root");
  EXPECT_NEAR(processes->front().cpu_seconds, 10, 0.1);
  EXPECT_GT(processes->front().memory_bytes, 0U);
  EXPECT_TRUE(daemon.host->processes({"gone", 9, 77})->empty());
}

TEST(SimHostProfile, SaysWhatItIs) {
  Machine machine;
  const SimHost host(machine.time, machine.kernel, nullptr);
  EXPECT_EQ(host.profile().host, "sim");
  EXPECT_EQ(host.profile().os, "FreeBSD (simulated)");
  EXPECT_EQ(host.profile().cpus, cpus("0-7"));
  EXPECT_TRUE(host.profile().racct);
  EXPECT_GT(host.profile().kernel_params.size(), 50U);
  JailSpec spec;
  EXPECT_TRUE(host.check("www", spec, "/spec").empty());
  spec.params["ip_hostname"] = true;
  ASSERT_EQ(host.check("www", spec, "/spec").size(), 1U);
  EXPECT_EQ(host.check("www", spec, "/spec").front().pointer, "/spec/params/ip_hostname");
}

// One life under random faults, as text.
std::string life(unsigned seed) {
  struct Random final : FaultPlan {
    explicit Random(unsigned from) : draw(from) {}
    OpFault on_op(const Op&) override {
      return OpFault{.before = std::chrono::milliseconds(draw() % 50), .error = draw() % 10 == 0 ? EIO : 0};
    }
    EventFault on_event(const Event&) override { return EventFault{.copies = static_cast<int>(draw() % 3)}; }
    std::minstd_rand draw;
  };
  Machine machine;
  Daemon daemon(machine, std::make_shared<Random>(seed));
  std::minstd_rand draw(seed);
  std::string told;
  for (int round = 0; round < 300; ++round) {
    const JailKey key{"j" + std::to_string(draw() % 5), 1 + draw() % 5, static_cast<int>(draw() % 20)};
    switch (draw() % 6) {
      case 0: daemon.submit(OpenMonitor{key}); break;
      case 1: daemon.submit(Create{key, {}}); break;
      case 2: daemon.submit(StartMain{key, Daemon::command("sleep 1")}); break;
      case 3: daemon.submit(Remove{key}); break;
      case 4: daemon.submit(core::Run{key, Daemon::command("fork 2", draw() % 2 == 0)}); break;
      case 5: (void)machine.hand.jail_r(key.name); break;
    }
    machine.run_for(std::chrono::milliseconds(draw() % 100));
  }
  machine.run_for(1h);
  EXPECT_EQ(daemon.host->under_way(), 0U);
  EXPECT_EQ(daemon.done.size(), daemon.last_id) << "each operation completes exactly once";
  for (const OpDone& each : daemon.done) told += std::to_string(each.id) + (each.result ? "+ " : "- ");
  for (const Event& each : daemon.events) told += std::to_string(each.index());
  for (const auto& [jid, jail] : machine.kernel->jails()) told += " " + std::to_string(jid) + jail.name;
  return told;
}

TEST(SimHostDeterminism, OneSeedIsOneLife) {
  for (unsigned seed = 1; seed <= 20; ++seed) EXPECT_EQ(life(seed), life(seed)) << "seed " << seed;
  EXPECT_NE(life(1), life(2));
}

}  // namespace
}  // namespace jaild::host::sim
