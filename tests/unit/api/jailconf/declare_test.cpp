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
    exec.prestart = "rctl -a jail:www:nthr:log=1"; })",
                                       "jail:www:memoryuse:deny=1g\njail:www:openfiles:deny=9\njail:db:nthr:deny=1\n");
  const JailSpec spec = spec_of(result);
  ASSERT_EQ(spec.rctl.size(), 3U);
  EXPECT_EQ(spec.rctl[0].text(), "memoryuse:deny=2g");
  EXPECT_EQ(spec.rctl[1].text(), "openfiles:deny=9");
  EXPECT_EQ(spec.rctl[2].text(), "maxproc:log=100");
  EXPECT_EQ(spec.cpuset->text(), "0-1");
  EXPECT_EQ(spec.list("exec.created"), (std::vector<std::string>{"echo created"}));
  EXPECT_FALSE(spec.has("exec.poststart"));
  EXPECT_FALSE(spec.has("exec.poststop"));
  EXPECT_TRUE(spec.has("exec.prestart"));  // not where limits are set
  for (const char* part : {"became rctl", "became cpuset", "is replaced by memoryuse:deny=2g",
                           "rctl.conf jail:www:openfiles", "exec.poststop \"rctl -r jail:www\" is left out"}) {
    EXPECT_TRUE(says(result.jails[0].remarks, part)) << part;
  }
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
