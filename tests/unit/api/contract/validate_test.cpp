#include "api/contract/validate.h"

#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using test::host_with_limits;
using test::mistakes_in;
using test::Places;
using test::places;
using test::spec_of;
using test::with_params;

Places validate_places(const JailSpec& spec, const HostProfile& host = host_with_limits()) {
  return places(validate("www", spec, host));
}

TEST(Validate, TakesWhatAJailNeeds) {
  for (
      const std::string& spec : std::initializer_list<std::string>{
          R"({"params":{"path":"/","persist":true}})",
          R"({"params":{"path":"/jail/www","exec.start":"/bin/sh /etc/rc"}})",
          R"({"params":{"path":"/jail/www","command":["","x"]}})",
          R"({"params":{"path":"/jail/www"},"command":"/bin/sleep 5"})",
          with_params(R"("ip4.addr":["em0|203.0.113.5/24","10.0.0.1"],"ip6.addr":"lo1|::1/128 anycast")"),
          with_params(R"("vnet":"inherit","ip4.addr":"10.0.0.1")"),
          with_params(R"("vnet":"new","vnet.interface":"epair0b")"),
          with_params(R"("mount":["/a /jail/www/a nullfs ro 0 0",""," "],"mount.fstab":["/etc/fstab.www",""])"),
          with_params(R"("depend":["db1","a.b"])"),
          with_params(R"("exec.consolelog":"/var/log/www","allow.brand_new":true,"quantum.state":"x")"),
          with_params(R"("allow.nobrand_new":true)"),
          R"({"params":{"path":"/jail/www","persist":true},"cpuset":"0,3","rctl":["memoryuse:deny=1g","memoryuse:log=1g","openfiles:deny=5","openfiles:deny=5/process"]})",
      })
    EXPECT_EQ(mistakes_in(spec), Places{}) << spec;
}

TEST(Validate, PointsAtWhatDoesNotFitTogether) {
  const std::pair<std::string, Places> rows[] = {
      {R"({"params":{"persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"/a"}})", {"/spec"}},
      {R"({"params":{"path":"/a","exec.start":["",""]}})", {"/spec"}},
      {R"({"params":{"path":"/a","persist":false}})", {"/spec"}},
      {R"({"params":{"path":"/a","nopersist":true}})", {"/spec"}},
      {R"({})", {"/spec", "/spec/params/path"}},
      {R"({"params":5})", {"/spec/params"}},
      {R"({"params":{"path":"jail","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"/jail/","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"//jail","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"/jail/./www","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"/jail/../www","persist":true}})", {"/spec/params/path"}},
      {R"({"params":{"path":"/)" + std::string(1023, 'a') + R"(","persist":true}})", {"/spec/params/path"}},
      {with_params(R"("exec.consolelog":"log/www")"), {"/spec/params/exec.consolelog"}},
      {with_params(R"("mount.fstab":["/etc/a","b"])"), {"/spec/params/mount.fstab/1"}},
      {with_params(R"("mount.fstab":"b")"), {"/spec/params/mount.fstab"}},
      {with_params(R"("mount":["/a /b nullfs","/a /b","/a b nullfs"])"),
       {"/spec/params/mount/1", "/spec/params/mount/2"}},
      {with_params(R"("mount":["","/a /b nullfs","","/a /b"])"), {"/spec/params/mount/3"}},
      {with_params(R"("mount":"/a /b")"), {"/spec/params/mount"}},
      {with_params(R"("ip4.addr":["10.0.0.1","::1","10.0.0.300"])"),
       {"/spec/params/ip4.addr/1", "/spec/params/ip4.addr/2"}},
      {with_params(R"("ip4.addr":"10.0.0.300")"), {"/spec/params/ip4.addr"}},
      {with_params(R"("ip6.addr":["10.0.0.1"])"), {"/spec/params/ip6.addr/0"}},
      {with_params(R"("ip4.addr":["em0|10.0.0.1/24","em1|10.0.0.1"])"), {"/spec/params/ip4.addr/1"}},
      {with_params(R"("ip6.addr":["2001:db8::1","2001:DB8:0:0::0001/64"])"), {"/spec/params/ip6.addr/1"}},
      {with_params(R"("vnet":"new","ip4.addr":"10.0.0.1")"), {"/spec/params/ip4.addr"}},
      {with_params(R"("vnet":"new","ip6.addr":["::1","x"])"), {"/spec/params/ip6.addr", "/spec/params/ip6.addr/1"}},
      {with_params(R"("vnet":"new","ip4.addr":[])"), {"/spec/params/ip4.addr"}},
      {with_params(R"("vnet":true,"ip4.addr":"10.0.0.1")"), {"/spec/params/ip4.addr"}},
      {with_params(R"("vnet":"new","ip_hostname":true)"), {"/spec/params/ip_hostname"}},
      {with_params(R"("vnet":"new","vnet.interface":["e0a_www","","e1","e0a_www"])"),
       {"/spec/params/vnet.interface/3"}},
      {with_params(R"("depend":["www"])"), {"/spec/params/depend/0"}},
      {with_params(R"("depend":"www")"), {"/spec/params/depend"}},
      {with_params(R"("depend":["a","www","-b","5"])"),
       {"/spec/params/depend/1", "/spec/params/depend/2", "/spec/params/depend/3"}},
      {with_params(R"("path.typo":1,"nosuch":true)"), {"/spec/params/nosuch", "/spec/params/path.typo"}},
      {with_params(R"("exec.strat":"x","a/b":"x")"), {"/spec/params/a~1b", "/spec/params/exec.strat"}},
      {R"({"params":{"path":"/a","persist":true},"restart":{"delay_seconds":600}})", {"/spec/restart/delay_seconds"}},
      {R"({"params":{"path":"/a","persist":true},"cpuset":"0-4"})", {"/spec/cpuset"}},
      {R"({"params":{"path":"/a","persist":true},"rctl":["pcpu:deny=1","PCPU:deny=2","maxproc:log=1","maxproc:log=2","maxproc:log=1/jail"]})",
       {"/spec/rctl/1", "/spec/rctl/4"}},  // of a log the kernel keeps each amount
  };
  for (const auto& [spec, expected] : rows) EXPECT_EQ(mistakes_in(spec), expected) << spec.substr(0, 200);
}

TEST(Validate, DoesNotEchoAMistakeOfReading) {
  EXPECT_EQ(mistakes_in(R"({"params":{"path":5,"exec.start":[5]}})"),
            (Places{"/spec/params/exec.start/0", "/spec/params/path"}));
  EXPECT_EQ(mistakes_in(R"({"params":{"path":"/a"},"command":5})"), Places{"/spec/command"});
  EXPECT_EQ(mistakes_in(R"({"params":{"path":"/a","persist":"maybe"}})"), Places{"/spec/params/persist"});
}

TEST(Validate, ReportsMistakesOfReadingAndOfTheHostTogether) {  // P10
  EXPECT_EQ(
      mistakes_in(
          R"({"params":{"securelevel":"x","ip4.addr":"x","depend":"www","nosuch":1},"cpuset":"9","priority":"x"})"),
      (Places{"/spec", "/spec/cpuset", "/spec/params/depend", "/spec/params/ip4.addr", "/spec/params/nosuch",
              "/spec/params/path", "/spec/params/securelevel", "/spec/priority"}));
}

TEST(Validate, RefusesLimitsWhenRacctIsOffAndNamesTheTunable) {  // P3, R8.4
  HostProfile host = host_with_limits();
  host.racct = false;
  const JailSpec spec = spec_of(R"({"params":{"path":"/a","persist":true},"rctl":["pcpu:deny=1"]})");
  auto mistakes = validate("www", spec, host);
  ASSERT_EQ(places(mistakes), Places{"/spec/rctl"});
  EXPECT_NE(mistakes[0].detail.find("kern.racct.enable=1"), std::string::npos);
  host.racct_hint = "boot with cgroup_enable=memory";
  mistakes = validate("www", spec, host);
  ASSERT_EQ(places(mistakes), Places{"/spec/rctl"});
  EXPECT_NE(mistakes[0].detail.find("boot with cgroup_enable=memory"), std::string::npos);
  EXPECT_EQ(validate_places(spec_of(R"({"params":{"path":"/a","persist":true}})"), host), Places{});
}

TEST(Validate, ChecksSpecsThatWereNeverJson) {
  JailSpec spec;
  spec.params = {{"path", std::string("/a")}, {"exec.start", std::vector<std::string>{std::string("a\0b", 3)}}};
  spec.priority = 100;
  spec.restart.limit = -1;
  spec.labels = {{"a b", ""}};
  spec.health = HealthSettings{};
  EXPECT_EQ(validate_places(spec), (Places{"/spec/health/tcp", "/spec/labels/a b", "/spec/params/exec.start/0",
                                           "/spec/priority", "/spec/restart/limit"}));
}

TEST(Validate, PointersBeginWithTheBase) {
  EXPECT_EQ(places(validate("www", JailSpec(), host_with_limits(), "/jails/0/spec")),
            (Places{"/jails/0/spec", "/jails/0/spec/params/path"}));
}

}  // namespace
}  // namespace jaild
