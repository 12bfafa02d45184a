// Taking over a jail that others made.
#include "daemon/core/adoption.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/daemon/core/world.h"

namespace jaild::core {
namespace {

using std::chrono::seconds;

JailFacts foreign() {
  JailFacts facts;
  facts.jid = 42;
  facts.name = "www";
  facts.path = "/jail/www";
  facts.params = {{"host.hostname", std::string("www.example.org")},
                  {"allow.raw_sockets", true},
                  {"allow.set_hostname", true},
                  {"allow.mlock", false},
                  {"securelevel", std::int64_t{2}},
                  {"enforce_statfs", std::int64_t{2}},
                  {"children.cur", std::int64_t{3}},
                  {"ip4", std::string("new")},
                  {"ip6", std::string("disable")},
                  {"ip4.addr", std::vector<std::string>{"10.0.0.1"}},
                  {"ip6.addr", std::vector<std::string>{}},
                  {"host.hostuuid", std::string("00000000-0000-0000-0000-000000000000")},
                  {"osrelease", std::string("15.0-RELEASE")},
                  {"linux.osname", std::string("Linux")},
                  {"name", std::string("www")},
                  {"jid", std::int64_t{42}},
                  {"of.a.newer.kernel", true}};
  facts.rules = {"jail:www:maxproc:deny=20", "jail:www:memoryuse:log=1073741824/process"};
  facts.cpus = *CpuList::parse("0-1");
  return facts;
}

TEST(Adoption, TheSpecIsWhatTheKernelShowsWithoutItsDefaults) {
  const auto spec = observed_spec(foreign(), {0, 1, 2, 3}, true);
  ASSERT_TRUE(spec);
  const std::map<std::string, ParamValue> params{{"path", std::string("/jail/www")},
                                                 {"host.hostname", std::string("www.example.org")},
                                                 {"allow.raw_sockets", true},
                                                 {"securelevel", std::int64_t{2}},
                                                 {"ip4.addr", std::vector<std::string>{"10.0.0.1"}},
                                                 {"mount.devfs", true},
                                                 {"persist", true}};
  EXPECT_EQ(spec->params, params);
  ASSERT_EQ(spec->rctl.size(), 2U);
  EXPECT_EQ(spec->rctl[0].kernel_text("www"), foreign().rules[0]);
  EXPECT_EQ(spec->rctl[1].kernel_text("www"), foreign().rules[1]);
  EXPECT_EQ(spec->cpuset->text(), "0-1");
  EXPECT_FALSE(spec->autostart);
}

TEST(Adoption, AllCpusAreNoCpusetAndAVnetHasNoStacks) {
  auto facts = foreign();
  facts.params["vnet"] = std::string("new");
  facts.params["ip4.addr"] = std::vector<std::string>{};
  const auto spec = observed_spec(facts, {0, 1}, false);
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->cpuset);
  EXPECT_FALSE(spec->has("ip4"));
  EXPECT_FALSE(spec->has("mount.devfs"));
}

TEST(Adoption, ARuleThatASpecCannotHoldIsNamed) {
  auto facts = foreign();
  facts.rules = {"jail:www:novelty:deny=1"};
  const auto spec = observed_spec(facts, {0}, false);
  ASSERT_FALSE(spec);
  EXPECT_NE(spec.error().message.find("novelty"), std::string::npos);
}

struct Host {
  World world;

  explicit Host(SupervisorOptions options = {{}, 4, "boot1", 1}) : world(std::move(options)) {
    world.survey.jails = {foreign()};
  }
  Result<ChangeReply> adopt(const std::string& name, bool dry_run = false) {
    return world.ask(dry_run ? tests::dry_run(tests::adopt(name)) : tests::adopt(name));
  }
};

TEST(Adoption, AForeignJailIsTakenOverAsItIsAndOnlyAMonitorIsNew) {
  Host host;
  const auto reply = host.adopt("www");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(host.world.log, std::vector<std::string>{"www open monitor"});
  const auto jail = host.world.supervisor.get("www");
  EXPECT_EQ(jail->status.state, JailState::running);
  EXPECT_EQ(jail->status.jid, 42);
  EXPECT_EQ(jail->generation, 1U);
  EXPECT_TRUE(host.world.supervisor.foreign().empty());
  EXPECT_TRUE(std::any_of(host.world.durable.begin(), host.world.durable.end(),
                          [](const Mutation& each) { return std::holds_alternative<PutRun>(each); }));
  host.world.survey.monitors = {{host.world.key("www"), false, std::nullopt}};
  host.world.pass(seconds{200});
  EXPECT_EQ(host.world.log.size(), 1U) << "the spec is what the kernel shows, so nothing drifts";
  ASSERT_TRUE(host.world.ask(tests::stop("www")));
  EXPECT_EQ(host.world.state("www"), JailState::stopped);
}

TEST(Adoption, ADryRunShowsTheFieldsAndChangesNothing) {
  Host host;
  const auto before = host.world.durable.size();
  const auto reply = host.adopt("www", true);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->effects.size(), 1U);
  EXPECT_EQ(reply->effects[0].kind, Effect::Kind::adopt);
  const auto& fields = reply->effects[0].fields;
  EXPECT_NE(std::find(fields.begin(), fields.end(), "rctl"), fields.end());
  EXPECT_EQ(host.world.durable.size(), before);
  EXPECT_EQ(host.world.supervisor.find("www"), nullptr);
}

TEST(Adoption, WhatCannotBeTakenOverIsRefusedWithItsReason) {
  Host host;
  EXPECT_EQ(host.adopt("nobody").error().kind, Kind::not_found);
  ASSERT_TRUE(host.world.declare("mine", service(), Desired::stopped));
  EXPECT_EQ(host.adopt("mine").error().kind, Kind::conflict);

  auto child = foreign();
  child.name = "www.child";
  child.rules.clear();
  host.world.survey.jails.push_back(child);
  const auto refused = host.adopt("www.child");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::invalid);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/name") << "its parent has to be taken over first";

  SupervisorOptions linux{{}, 4, "boot1", 1};
  linux.adoption.adopts = false;
  EXPECT_EQ(Host(linux).adopt("www").error().kind, Kind::conflict);

  SupervisorOptions strict{{}, 4, "boot1", 1};
  strict.adoption.check = [](const std::string&, const JailSpec&) {
    return std::vector<FieldError>{{"/spec/params/path", "no"}};
  };
  EXPECT_EQ(Host(strict).adopt("www").error().kind, Kind::invalid);
}

TEST(Adoption, AJailThatCameSinceTheLastSweepIsSeen) {
  Host host;
  host.world.survey.jails[0].name = "new";
  host.world.survey.jails[0].rules.clear();
  EXPECT_TRUE(host.adopt("new"));
  EXPECT_FALSE(host.adopt("www"));
}

TEST(Adoption, AnAdoptedJailRunsOnWithoutAMonitorUntilOneComes) {
  Host host;
  host.world.host = [](const Op& op) -> std::optional<Result<Reply>> {
    if (std::holds_alternative<OpenMonitor>(op.what)) return Fail(jaild::Kind::unavailable, "no such luck");
    return Reply{Nothing{}};
  };
  ASSERT_TRUE(host.adopt("www"));
  EXPECT_EQ(host.world.state("www"), JailState::running);
  EXPECT_EQ(host.world.reason("www"), "its monitor cannot be started: no such luck");
  host.world.pass(seconds{30});
  EXPECT_LE(host.world.log.size(), 8U) << "P8: every five seconds, not in a loop";
  host.world.host = nullptr;
  host.world.pass(seconds{10});
  EXPECT_EQ(host.world.reason("www"), "");
}

TEST(Adoption, ANewJaildFindsTheAdoptedJailWithoutAMonitorAndGivesItOneP4) {
  Host host;
  ASSERT_TRUE(host.adopt("www"));
  Snapshot left;
  left.meta["boot_id"] = "boot1";
  left.jails = {host.world.supervisor.find("www")->record()};
  left.runs = {*host.world.supervisor.find("www")->run()};
  World next({{}, 4, "boot1", 1}, left, host.world.survey);
  EXPECT_EQ(next.log, std::vector<std::string>{"www open monitor"});
  EXPECT_EQ(next.state("www"), JailState::running);
}

}  // namespace
}  // namespace jaild::core
