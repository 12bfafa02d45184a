#include "api/jailconf/declare.h"

#include <gtest/gtest.h>

#include "api/contract/json.h"
#include "tests/fakes/memory_files.h"

namespace jaild::jailconf {
namespace {

using nlohmann::json;

Declarations declared(const std::string& text, const std::string& rctl_conf = "") {
  test::MemoryFiles files({{"/jail.conf", text}});
  return declare(read_configuration("/jail.conf", files), rctl_conf);
}

// The spec of the only jail, as the contract reads it.
JailSpec spec_of(const Declarations& declarations) {
  EXPECT_TRUE(declarations.mistakes.empty()) << declarations.mistakes.front();
  if (declarations.jails.size() != 1) {
    ADD_FAILURE() << declarations.jails.size() << " jails";
    return {};
  }
  const auto document = parse_jail_document(declarations.jails.front().body, "");
  if (!document) {
    ADD_FAILURE() << document.error().message;
    return {};
  }
  return document->spec;
}

bool says(const std::vector<std::string>& lines, const std::string& part) {
  for (const std::string& line : lines) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST(Declare, ValuesHaveTheirTypes) {
  const JailSpec spec = spec_of(declared(R"(www {
    path = "/jail//www/"; vnet; persist = 1; allow.noraw_sockets; allow.set_hostname = False;
    securelevel = " +2"; exec.start = "one", two; host.hostname = a, b; ip6 = inherit; depend = db;
    mount.devfs; exec.stop; exec.timeout = 30; vnet.interface = "";
  })"));
  EXPECT_EQ(spec.text("path"), "/jail/www");
  EXPECT_EQ(spec.text("vnet"), "new");
  EXPECT_TRUE(spec.flag("persist"));
  EXPECT_TRUE(spec.has("allow.raw_sockets"));
  EXPECT_FALSE(spec.flag("allow.raw_sockets", true));
  EXPECT_FALSE(spec.flag("allow.set_hostname", true));
  EXPECT_EQ(spec.number("securelevel"), 2);
  EXPECT_EQ(spec.list("exec.start"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(spec.text("host.hostname"), "b");
  EXPECT_EQ(spec.list("depend"), (std::vector<std::string>{"db"}));
  EXPECT_FALSE(spec.has("exec.stop"));
  EXPECT_EQ(spec.number("exec.timeout"), 30);
}

// Old files are often ISO-8859-1; a changed byte would be another root.
TEST(Declare, BytesThatAreNotUtf8AreRefusedAtTheirPlace) {
  const Declarations path = declared("lat {\n  path = \"/jail/lat\xe9\";\n  persist;\n}\n");
  ASSERT_EQ(path.mistakes.size(), 1U);
  EXPECT_EQ(path.mistakes.front(),
            "/jail.conf:2:3: error: jail lat: path: is not UTF-8: byte 10 is \\xe9; jaild takes UTF-8 only");
  EXPECT_TRUE(
      says(declared("a { path = /; exec.start = 'echo \xe9'; }").mistakes, ":1:15: error: jail a: exec.start/0: is"));
  EXPECT_TRUE(says(declared("a { path = \"/\\351\"; persist; }").mistakes, "path: is not UTF-8")) << "an escape";
  EXPECT_TRUE(says(declared("$d = \"/\xe9\"; a { path = $d; persist; }").mistakes, "path: is not UTF-8"));
  EXPECT_TRUE(declared("# caf\xe9\na { path = '/caf\xc3\xa9'; persist; }").mistakes.empty());
}

TEST(Declare, WhatIsNotCarriedOverIsSaidWithTheReason) {
  const Declarations result = declared("7 { name = www; jid = 7; path = /; persist; }");
  EXPECT_TRUE(says(result.mistakes, "jid is set already"));
  const Declarations fine = declared("7 { name = www; path = /; persist; allow.dying; }");
  const JailSpec spec = spec_of(fine);
  EXPECT_EQ(spec.params.size(), 2U);
  EXPECT_EQ(fine.jails[0].name, "www");
  EXPECT_TRUE(says(fine.jails[0].remarks, "jid is not carried over: jids are given by the kernel"));
  EXPECT_TRUE(says(fine.jails[0].remarks, "allow.dying is not carried over: jaild never changes a dying jail"));
}

TEST(Declare, WithoutAPathTheRootIsSlash) {
  const Declarations result = declared("www { persist; }");
  EXPECT_EQ(spec_of(result).text("path"), "/");
  EXPECT_TRUE(says(result.jails[0].remarks, "its root is /"));
}

TEST(Declare, LimitsInHooksBecomeTheSpecs) {
  const Declarations result = declared(R"(www { path = /; persist;
    exec.created = "rctl -a jail:$name:memoryuse:deny=2g", "cpuset -l 0-1 -j $name", "echo created";
    exec.poststart = "rctl -a jail:www:maxproc:log=100";
    exec.poststop = "rctl -r jail:www";
    exec.prestart = "rctl -a jail:www:nthr:log=1", "cpuset -l 3 -j www"; })",
                                       "jail:www:memoryuse:deny=1g\njail:www:openfiles:deny=9\njail:db:nthr:deny=1\n");
  const JailSpec spec = spec_of(result);
  ASSERT_EQ(spec.rctl.size(), 4U);
  EXPECT_EQ(spec.rctl[0].text(), "memoryuse:deny=2g");
  EXPECT_EQ(spec.rctl[1].text(), "openfiles:deny=9");
  EXPECT_EQ(spec.rctl[2].text(), "nthr:log=1");
  EXPECT_EQ(spec.rctl[3].text(), "maxproc:log=100");
  EXPECT_EQ(spec.cpuset->text(), "0-1");
  EXPECT_EQ(spec.list("exec.created"), (std::vector<std::string>{"echo created"}));
  EXPECT_FALSE(spec.has("exec.poststart"));
  EXPECT_FALSE(spec.has("exec.poststop"));
  EXPECT_EQ(spec.list("exec.prestart"), (std::vector<std::string>{"cpuset -l 3 -j www"})) << "there is no jail yet";
  for (const char* part : {"became rctl", "became cpuset", "is replaced by memoryuse:deny=2g",
                           "rctl.conf jail:www:openfiles", "exec.poststop \"rctl -r jail:www\" is left out"}) {
    EXPECT_TRUE(says(result.jails[0].remarks, part)) << part;
  }
}

// Each of these hooks sets a limit; jail(8) has them all in force.
TEST(Declare, NoLimitOfAHookIsLostWithoutAWord) {
  const Declarations result = declared(R"(a {
    path = /jail/a;
    exec.prestart   = "rctl -a jail:a:memoryuse:deny=1g";
    exec.created    = "rctl -a jail:a:maxproc:deny=100 || true";
    exec.created   += "/usr/bin/env rctl -a jail:a:nthr:deny=100";
    exec.created   += "/bin/sh -c 'rctl -a jail:a:openfiles:deny=100'";
    exec.poststart  = "rctl -a jail:a:pcpu:deny=50 2>/dev/null";
    exec.poststart += "rctl -a jail:$name:swapuse:deny=1g; logger up";
    exec.poststart += "[ -x /usr/bin/rctl ] && rctl -a jail:a:nsem:deny=5";
    exec.start      = "/bin/sh /etc/rc"; })");
  const JailSpec spec = spec_of(result);
  std::vector<std::string> rules;
  for (const RctlRule& rule : spec.rctl) rules.push_back(rule.text());
  EXPECT_EQ(rules, (std::vector<std::string>{"memoryuse:deny=1g", "maxproc:deny=100", "nthr:deny=100",
                                             "openfiles:deny=100", "pcpu:deny=50", "swapuse:deny=1g"}));
  EXPECT_FALSE(spec.has("exec.prestart"));
  EXPECT_FALSE(spec.has("exec.created"));
  EXPECT_EQ(spec.list("exec.poststart").size(), 2U);
  for (const char* part : {"jail.conf:4:23: exec.created \"rctl -a jail:a:maxproc:deny=100 || true\" became rctl",
                           "jail.conf:8:23: exec.poststart \"rctl -a jail:a:swapuse:deny=1g; logger up\" became rctl, "
                           "which is in force before "
                           "the jail's first process runs; the command stays",
                           "jail.conf:9:23: exec.poststart \"[ -x /usr/bin/rctl ] && rctl -a jail:a:nsem:deny=5\" sets "
                           "limits, or may, in a way that import does not read"}) {
    EXPECT_TRUE(says(result.jails[0].remarks, part)) << part;
  }
}

TEST(Declare, HooksAreReadInTheOrderInWhichTheyRun) {
  const Declarations result = declared(R"(a { path = /; persist;
    exec.created = "rctl -r jail:a || true", "rctl -a jail:a:maxproc:deny=9";
    exec.prestart = "rctl -a jail:a:maxproc:deny=5", "rctl -a jail:a:nthr:log=5", "rctl -a jail:a:nthr:log=6";
    exec.poststart = "rctl -a jail:a:pcpu:log=5", "rctl -a jail:a:pcpu:log=6"; })");
  const JailSpec spec = spec_of(result);
  std::vector<std::string> rules;
  for (const RctlRule& rule : spec.rctl) rules.push_back(rule.text());
  EXPECT_EQ(rules, (std::vector<std::string>{"maxproc:deny=9", "pcpu:log=5", "pcpu:log=6"}))
      << "the kernel keeps two of log, one of deny";
  EXPECT_TRUE(says(result.jails[0].remarks, "removes nthr:log=6, which is left out"));
}

TEST(Declare, ValuesAsJail8ReadsThem) {
  const Declarations result = declared(R"(n { path = /; persist; vnet = 1; sysvmsg = 2; sysvsem = 0; }
    m { path = /; persist; ip4.addr = "127.0.0.7,127.0.0.8"; ip6 = inherit; })");
  EXPECT_EQ(result.mistakes, std::vector<std::string>{});
  ASSERT_EQ(result.jails.size(), 2U);
  const JailSpec n = parse_jail_document(result.jails[0].body, "")->spec;
  EXPECT_EQ(n.text("vnet"), "new");
  EXPECT_EQ(n.text("sysvmsg"), "inherit");
  EXPECT_EQ(n.text("sysvsem"), "disable");
  const JailSpec m = parse_jail_document(result.jails[1].body, "")->spec;
  EXPECT_EQ(m.list("ip4.addr"), (std::vector<std::string>{"127.0.0.7", "127.0.0.8"}));
}

TEST(Declare, NotesAreReadBack) {
  const JailSpec spec = spec_of(declared(R"(www { path = /; exec.start = "/bin/sh /etc/rc", "/bin/httpd -f &";
    #jaild: command = "/bin/httpd -f"
    #jaild: restart = {"policy":"always"}
    #jaild: priority = 7
    #jaild: labels={"tier":"web"}
  })"));
  EXPECT_EQ(spec.command, "/bin/httpd -f");
  EXPECT_EQ(spec.list("exec.start"), (std::vector<std::string>{"/bin/sh /etc/rc"}));
  EXPECT_EQ(spec.restart.policy, RestartPolicy::always);
  EXPECT_EQ(spec.priority, 7);
  EXPECT_EQ(spec.labels.at("tier"), "web");
}

TEST(Declare, ACommandThatIsNoLongerInExecStartIsNotBelieved) {
  const Declarations result = declared(R"(www { path = /; exec.start = "/bin/other &";
    #jaild: command = "/bin/httpd"
  })");
  EXPECT_FALSE(spec_of(result).command);
  EXPECT_TRUE(says(result.jails[0].remarks, "exec.start does not end with that command"));
}

TEST(Declare, AllMistakesHaveTheirPlaces) {
  const Declarations result = declared(R"(www {
  path = relative;
  persist = maybe;
  host.hostname;
  exec.timeout = soon;
  depend = "a b";
  parent = 3;
  #jaild: nonsense = 1
  #jaild: priority = high
}
empty { path = /empty; }
"bad name" { path = /; persist; })");
  for (const char* part :
       {"/jail.conf:2:3: error: jail www: path: ", "/jail.conf:3:3: error: jail www: persist: expects true or false",
        "/jail.conf:4:3: error: jail www: host.hostname needs a value",
        "/jail.conf:5:3: error: jail www: exec.timeout: expects an integer",
        "/jail.conf:6:3: error: jail www: depend/0: ", "/jail.conf:7:3: error: jail www: parent: is not set here",
        "/jail.conf:8:3: error: jail www: a comment of jaild is", "/jail.conf:9:3: error: jail www: priority: ",
        "/jail.conf:11:1: error: jail empty: spec: nothing keeps this jail up",
        "/jail.conf:12:1: error: jail bad name: name: "}) {
    EXPECT_TRUE(says(result.mistakes, part)) << part << "\nis not in\n" << json(result.mistakes).dump(1);
  }
}

TEST(Declare, WhatTheTableDoesNotKnowIsForTheHostToJudge) {
  const JailSpec spec = spec_of(declared("www { path = /; persist; brand.new; brand.old = x; brand.list = a, b; }"));
  EXPECT_EQ(spec.params.at("brand.new"), ParamValue(true));
  EXPECT_EQ(spec.params.at("brand.old"), ParamValue("x"));
  EXPECT_EQ(spec.list("brand.list"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace jaild::jailconf
