#include "api/contract/param_values.h"

#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using test::mistakes_in;
using test::Places;
using test::spec_of;
using test::with_params;

ParamValue value_of(const std::string& params, const std::string& name) {
  const JailSpec spec = spec_of(R"({"params":{)" + params + "}}");
  const auto at = spec.params.find(name);
  EXPECT_NE(at, spec.params.end()) << name << " in " << params;
  return at == spec.params.end() ? ParamValue(false) : at->second;
}

TEST(ParamValues, AreNormalised) {
  const struct {
    const char* params;
    const char* name;
    ParamValue value;
  } rows[] = {
      {R"("persist":true)", "persist", true},
      {R"("persist":"false")", "persist", false},
      {R"("persist":"TRUE")", "persist", true},
      {R"("persist":"1")", "persist", true},
      {R"("persist":"0")", "persist", false},
      {R"("nopersist":true)", "persist", false},
      {R"("allow.noraw_sockets":"false")", "allow.raw_sockets", true},
      {R"("allow.mount.nozfs":true)", "allow.mount.zfs", false},
      {R"("allow.mount.ext2fs":true)", "allow.mount.ext2fs", true},
      {R"("securelevel":"2")", "securelevel", std::int64_t{2}},
      {R"("securelevel":"-1")", "securelevel", std::int64_t{-1}},
      {R"("children.max":5)", "children.max", std::int64_t{5}},
      {R"("vnet":"NEW")", "vnet", std::string("new")},
      {R"("vnet":true)", "vnet", std::string("new")},  // jail.conf's `vnet;`
      {R"("vnet":"")", "vnet", std::string("new")},
      {R"("vnet":"1")", "vnet", std::string("new")},  // the kernel's numbers, as jail(8) takes them
      {R"("sysvmsg":2)", "sysvmsg", std::string("inherit")},
      {R"("ip4":"0")", "ip4", std::string("disable")},
      {R"("ip4.addr":"127.0.0.7,127.0.0.8")", "ip4.addr", std::vector<std::string>{"127.0.0.7", "127.0.0.8"}},
      {R"("ip6.addr":["::1,::2","::3"])", "ip6.addr", std::vector<std::string>{"::1", "::2", "::3"}},
      {R"("ip4.addr":"em0|10.0.0.1,10.0.0.2")", "ip4.addr", std::vector<std::string>{"em0|10.0.0.1,10.0.0.2"}},
      {R"("ip4":"disable")", "ip4", std::string("disable")},
      {R"("exec.start":"/bin/sh /etc/rc")", "exec.start", std::vector<std::string>{"/bin/sh /etc/rc"}},
      {R"("exec.start":["a",""])", "exec.start", (std::vector<std::string>{"a", ""})},
      {R"("exec.start":"if x; then\n y; fi")", "exec.start", std::vector<std::string>{"if x; then\n y; fi"}},
      {R"("ip4.addr":"")", "ip4.addr", std::vector<std::string>{}},
      {R"("ip6.addr":[])", "ip6.addr", std::vector<std::string>{}},
      {R"("vnet.interface":"")", "vnet.interface", std::vector<std::string>{}},
      {R"("mount":["","/a /b nullfs"," "])", "mount", std::vector<std::string>{"/a /b nullfs"}},
      {R"("interface":"")", "interface", std::string()},
      {R"("meta":"a=1\nb=2")", "meta", std::string("a=1\nb=2")},
      {R"("env.HOME":"")", "env.HOME", std::string()},
      {R"("host.hostname":"")", "host.hostname", std::string()},
      {R"("allow.brand_new":true)", "allow.brand_new", true},
      {R"("quantum.state":"cat")", "quantum.state", std::string("cat")},
      {R"("quantum.state":7)", "quantum.state", std::int64_t{7}},
      {R"("quantum.state":["a"])", "quantum.state", std::vector<std::string>{"a"}},
  };
  for (const auto& row : rows) EXPECT_EQ(value_of(row.params, row.name), row.value) << row.params;
}

TEST(ParamValues, OfTheWrongTypeAreRefusedWhereTheyStand) {
  const std::pair<const char*, Places> rows[] = {
      {R"("exec.clean":1)", {"/spec/params/exec.clean"}},
      {R"("exec.clean":"yes")", {"/spec/params/exec.clean"}},
      {R"("exec.clean":"")", {"/spec/params/exec.clean"}},
      {R"("exec.clean":null)", {"/spec/params/exec.clean"}},
      {R"("exec.clean":[true])", {"/spec/params/exec.clean"}},
      {R"("exec.noclean":"maybe")", {"/spec/params/exec.noclean"}},
      {R"("securelevel":1.5)", {"/spec/params/securelevel"}},
      {R"("securelevel":true)", {"/spec/params/securelevel"}},
      {R"("securelevel":"two")", {"/spec/params/securelevel"}},
      {R"("securelevel":"2 ")", {"/spec/params/securelevel"}},
      {R"("securelevel":"")", {"/spec/params/securelevel"}},
      {R"("securelevel":["2"])", {"/spec/params/securelevel"}},
      {R"("host.hostname":5)", {"/spec/params/host.hostname"}},
      {R"("host.hostname":["a"])", {"/spec/params/host.hostname"}},
      {R"("vnet":false)", {"/spec/params/vnet"}},
      {R"("vnet":"yes")", {"/spec/params/vnet"}},
      {R"("vnet":3)", {"/spec/params/vnet"}},
      {R"("vnet":"-1")", {"/spec/params/vnet"}},
      {R"("exec.stop":{"a":1})", {"/spec/params/exec.stop"}},
      {R"("exec.stop":5)", {"/spec/params/exec.stop"}},
      {R"("exec.stop":["a",5,null,"b"])", {"/spec/params/exec.stop/1", "/spec/params/exec.stop/2"}},
      {R"("allow.brand_new":1.5)", {"/spec/params/allow.brand_new"}},
      {R"("allow.brand_new":["a",1])", {"/spec/params/allow.brand_new/1"}},
      {R"("allow.brand_new":{})", {"/spec/params/allow.brand_new"}},
  };
  for (const auto& [params, expected] : rows) EXPECT_EQ(mistakes_in(with_params(params)), expected) << params;
}

TEST(ParamValues, NameWhatIsExpected) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"params":{"exec.clean":1}})", "true or false"},
      {R"({"params":{"securelevel":"x"}})", "an integer"},
      {R"({"params":{"path":[]}})", "a string"},
      {R"({"params":{"mount":1}})", "a list of strings"},
      {R"({"params":{"ip4":"x"}})", R"("disable", "new" or "inherit")"},
      {R"({"params":{"vnet":"disable"}})", R"("new" or "inherit")"},
      {R"({"params":{"securelevel":9}})", "-1 to 3"},
      {R"({"params":{"securelevel":1.5}})", "expects an integer, not a number that is no integer"},
      {R"({"params":{"children.max":99999999999999999999}})", "/spec/params/children.max: is too large"},
      {R"({"params":{"children.max":1e300}})", "/spec/params/children.max: is too large"},
      {R"({"params":{"children.max":-99999999999999999999}})", "/spec/params/children.max: is too small"},
      {R"({"params":{"allow.brand_new":9223372036854775808}})", "/spec/params/allow.brand_new: is too large"},
      {R"({"params":{"mount":99999999999999999999}})", "a list of strings, not an integer"},
  };
  for (const auto& [text, expected] : rows) {
    const auto spec = parse_spec(test::json_of(text));
    ASSERT_FALSE(spec) << text;
    EXPECT_NE(spec.error().message.find(expected), std::string::npos) << spec.error().message;
  }
}

// JSON Schema's integer, which openapi/jaild.yaml speaks of, is any number without a fraction.
TEST(ParamValues, TakeAnIntegerHoweverItIsWritten) {
  for (const char* number : {"3", "3.0", "0.3e1", "30E-1", "\"3\""}) {
    const auto spec = parse_spec(test::json_of(R"({"params":{"securelevel":)" + std::string(number) + "}}"));
    ASSERT_TRUE(spec) << number << ": " << spec.error().message;
    EXPECT_EQ(spec->params.at("securelevel"), ParamValue(std::int64_t{3})) << number;
  }
}

TEST(ParamValues, HaveTheBoundsOfTheKernel) {
  const std::string good[] = {
      R"("securelevel":-1)",    R"("securelevel":3)",          R"("enforce_statfs":0)",
      R"("enforce_statfs":2)",  R"("devfs_ruleset":0)",        R"("devfs_ruleset":65535)",
      R"("children.max":0)",    R"("exec.timeout":0)",         R"("stop.timeout":0)",
      R"("exec.fib":0)",        R"("host.hostid":4294967295)", R"("zfs.mount_snapshot":1)",
      R"("osreldate":1500000)", R"("vnet":"inherit")",         R"("host.hostname":")" + std::string(255, 'a') + '"'};
  for (const std::string& params : good) EXPECT_EQ(mistakes_in(with_params(params)), Places{}) << params;
  const std::pair<std::string, const char*> bad[] = {
      {R"("securelevel":-2)", "securelevel"},
      {R"("securelevel":4)", "securelevel"},
      {R"("securelevel":"99999999999999999999")", "securelevel"},
      {R"("securelevel":18446744073709551615)", "securelevel"},
      {R"("enforce_statfs":3)", "enforce_statfs"},
      {R"("enforce_statfs":-1)", "enforce_statfs"},
      {R"("devfs_ruleset":65536)", "devfs_ruleset"},
      {R"("devfs_ruleset":"GUIRULENUM2")", "devfs_ruleset"},
      {R"("children.max":-1)", "children.max"},
      {R"("exec.timeout":-1)", "exec.timeout"},
      {R"("stop.timeout":"-1")", "stop.timeout"},
      {R"("exec.fib":-1)", "exec.fib"},
      {R"("host.hostid":-1)", "host.hostid"},
      {R"("osreldate":0)", "osreldate"},
      {R"("zfs.mount_snapshot":2)", "zfs.mount_snapshot"},
      {R"("vnet":"disable")", "vnet"},
      {R"("vnet":"0")", "vnet"},
      {R"("host":"disable")", "host"},
      {R"("linux":"disable")", "linux"},
      {R"("zfs":"disable")", "zfs"},
      {R"("host.hostname":")" + std::string(256, 'a') + '"', "host.hostname"},
      {R"("host.hostuuid":")" + std::string(64, 'a') + '"', "host.hostuuid"},
      {R"("osrelease":"")", "osrelease"},
      {R"("osrelease":")" + std::string(32, 'a') + '"', "osrelease"},
      {R"("exec.jail_user":"")", "exec.jail_user"},
      {R"("interface":"averyverylonginterface")", "interface"},
      {R"("host.hostname":"a\u0000b")", "host.hostname"},
      {R"("host.hostname":"a\nb")", "host.hostname"},
      {R"("host.hostname":"a\rb")", "host.hostname"},
      {R"("meta.owner":"a\nb")", "meta.owner"},
      {R"("meta":"a\u0000b")", "meta"},
      {R"("exec.stop":"a\u0000b")", "exec.stop"},
      {R"("exec.stop":")" + std::string(131'072, 'a') + '"', "exec.stop"},
      {R"("vnet.interface":"averyverylonginterface")", "vnet.interface"},
      {R"("allow.brand_new":"a\nb")", "allow.brand_new"},
      {R"("allow.brand_new":")" + std::string(65'536, 'a') + '"', "allow.brand_new"},
  };
  for (const auto& [params, name] : bad)
    EXPECT_EQ(mistakes_in(with_params(params)), Places{"/spec/params/" + std::string(name)}) << params.substr(0, 80);
  EXPECT_EQ(mistakes_in(with_params(R"("exec.stop":["a","b\u0000"])")), Places{"/spec/params/exec.stop/1"});
}

// A name is the client's: nothing is made of it over and over, and it is not said back as a whole.
TEST(ParamValues, BoundTheLengthOfNames) {
  EXPECT_EQ(mistakes_in(with_params('"' + std::string(256, 'n') + "\":true")), Places{"/spec/params"});
  std::string entries = "1";
  for (int i = 0; i < 20'000; ++i) entries += ",1";
  const auto spec = parse_spec(test::json_of("{\"params\":{\"" + std::string(500'000, 'n') + "\":[" + entries + "]}}"));
  ASSERT_FALSE(spec);
  EXPECT_LT(spec.error().message.size(), 300U);
}

TEST(ParamValues, BoundTheLengthOfLists) {
  std::string list;
  for (int i = 0; i < 1000; ++i) list += R"("true",)";
  EXPECT_EQ(mistakes_in(with_params(R"("exec.stop":[)" + list + R"("true"])")), Places{"/spec/params/exec.stop"});
  list.pop_back();
  EXPECT_EQ(mistakes_in(with_params(R"("exec.stop":[)" + list + "]")), Places{});
}

TEST(ParamValues, RefuseWhatJaildOrTheKernelDecides) {
  for (const char* name :
       {"name", "jid", "allow.dying", "lastjid", "desc", "parent", "dying", "cpuset.id", "children.cur"}) {
    const auto spec = parse_spec(test::json_of("{\"params\":{\"" + std::string(name) + "\":1}}"));
    ASSERT_FALSE(spec) << name;
    ASSERT_EQ(spec.error().fields.size(), 1U);
    EXPECT_EQ(spec.error().fields[0].pointer, "/spec/params/" + std::string(name));
    EXPECT_NE(spec.error().fields[0].detail.find(param_refusal(name)), std::string::npos);
  }
  EXPECT_EQ(mistakes_in(with_params(R"("allow.nodying":true)")), Places{"/spec/params/allow.nodying"});
}

TEST(ParamValues, RefuseAParameterBesideItsNoForm) {
  EXPECT_EQ(mistakes_in(with_params(R"("allow.mount":true,"allow.nomount":true)")),
            Places{"/spec/params/allow.nomount"});
}

TEST(ParamValues, AreCheckedAlsoWhenTheyWereNeverJson) {
  const std::pair<const char*, ParamValue> rows[] = {{"path", true},
                                                     {"persist", std::string("true")},
                                                     {"securelevel", std::int64_t{9}},
                                                     {"vnet", std::string("maybe")},
                                                     {"exec.start", std::string("a")},
                                                     {"host.hostname", std::vector<std::string>{"a"}}};
  for (const auto& [name, value] : rows) {
    Mistakes mistakes;
    check_param(name, value, "/p", mistakes);
    EXPECT_TRUE(mistakes.at("/p")) << name;
  }
}

}  // namespace
}  // namespace jaild
