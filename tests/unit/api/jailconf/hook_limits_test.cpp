#include "api/jailconf/hook_limits.h"

#include <gtest/gtest.h>

namespace jaild::jailconf {
namespace {

// What it does, in order; "+" at the end when it does more, "?" when that may be limits, "cpus?" when it may be CPUs,
// and the other jails whose limits it sets.
std::string rules_in(const std::string& command) {
  const HookReading reading = read_hook(command, "www");
  std::string text;
  for (const HookLimits& limits : reading.limits) {
    if (limits.remove) text += "remove" + (limits.remove->empty() ? "" : ":" + *limits.remove) + " ";
    for (const RctlRule& rule : limits.add) text += rule.text() + " ";
    if (limits.cpuset) text += "cpus " + limits.cpuset->text() + " ";
  }
  text += std::string(reading.whole ? "" : "+") + (reading.more_limits ? "?" : "") + (reading.more_cpus ? "cpus?" : "");
  for (const std::string& other : reading.others) text += " of " + other;
  return text;
}

TEST(HookLimits, Rctl) {
  EXPECT_EQ(rules_in("rctl -a jail:www:memoryuse:deny=2g"), "memoryuse:deny=2g ");
  EXPECT_EQ(rules_in("  /usr/bin/rctl  -a\tjail:www:maxproc:log=5 jail:www:pcpu:deny=50/user "),
            "maxproc:log=5 pcpu:deny=50/user ");
  EXPECT_EQ(rules_in("rctl -a 'jail:$JNAME:maxproc:deny=5'"), "maxproc:deny=5 ");
  EXPECT_EQ(rules_in("rctl -a \"jail:${JNAME}:maxproc:deny=5\""), "maxproc:deny=5 ");
  EXPECT_EQ(rules_in("rctl -r jail:www"), "remove ");
  EXPECT_EQ(rules_in("rctl -r jail:www:memoryuse"), "remove:memoryuse ");
}

// usr.bin/rctl/rctl.c: getopt(3), a subject in any case and by its first letter.
TEST(HookLimits, RctlAsItsOptionsAndSubjectsMayBeWritten) {
  for (const char* command : {"rctl -a j:www:maxproc:deny=5", "rctl -a JAIL:www:maxproc:deny=5",
                              "rctl -ha jail:www:maxproc:deny=5", "rctl -n -a jail:www:maxproc:deny=5",
                              "rctl -an jail:www:maxproc:deny=5", "rctl -a -- J:${JNAME}:maxproc:deny=5"}) {
    EXPECT_EQ(rules_in(command), "maxproc:deny=5 ") << command;
  }
  EXPECT_EQ(rules_in("rctl -r j:www"), "remove ");
  EXPECT_EQ(rules_in("rctl -a jail:WWW:maxproc:deny=5"), "+ of WWW");
}

TEST(HookLimits, Cpuset) {
  EXPECT_EQ(rules_in("cpuset -l 0-2 -j www"), "cpus 0-2 ");
  EXPECT_EQ(rules_in("/usr/bin/cpuset -c -j $JID -l 1,3"), "cpus 1,3 ");
  EXPECT_EQ(rules_in("cpuset -l 0 -j www >/dev/null 2>&1 || true"), "cpus 0 ");
  EXPECT_EQ(rules_in("cpuset -l0-2 -jwww"), "cpus 0-2 ");
  EXPECT_EQ(rules_in("cpuset -cl 0-2 -j www"), "cpus 0-2 ");
  for (const char* command :
       {"cpuset -l 0-$(($(nproc) - 1)) -j www", "cpuset -l x -j www", "cpuset -n first-touch:0 -j www",
        "cpuset -l 0 -l 1 -j www", "cpuset -l 0 -j www sh", "[ -x /usr/bin/cpuset ] && cpuset -l 0 -j www",
        "for i in www; do cpuset -l 0 -j www; done", "timeout 5 cpuset -l 0 -j $JID"}) {
    EXPECT_EQ(rules_in(command), "+cpus?") << command;
  }
}

// The habits of real files.
TEST(HookLimits, WhatStandsAroundACommandChangesNothing) {
  for (const char* command :
       {"rctl -a jail:www:maxproc:deny=5 || true", "rctl -a jail:www:maxproc:deny=5;true",
        "rctl -a jail:www:maxproc:deny=5 2>/dev/null", "rctl -a jail:www:maxproc:deny=5 >/dev/null 2>&1",
        "rctl -a jail:www:maxproc:deny=5 > /dev/null", "rctl -a jail:www:maxproc:deny=5 >>/var/log/x &",
        "/usr/bin/env rctl -a jail:www:maxproc:deny=5", "env LC_ALL=C rctl -a jail:www:maxproc:deny=5",
        "PATH=/usr/bin rctl -a jail:www:maxproc:deny=5", "/bin/sh -c 'rctl -a jail:www:maxproc:deny=5'",
        "sh -ec \"rctl -a jail:www:maxproc:deny=5 || :\"", "sh -c 'sh -c \"rctl -a jail:www:maxproc:deny=5\"'",
        "rctl -a jail:www:maxproc:deny=5 || exit 1", "rctl -a jail:www:maxproc:deny=5 || echo failed >&2",
        "rctl -a jail:www:maxproc:deny=5 # at most five", "true && rctl -a jail:www:maxproc:deny=5",
        "rctl -a \\\n jail:www:maxproc:deny=5", "\n rctl -a jail:www:maxproc:deny=5\n"}) {
    EXPECT_EQ(rules_in(command), "maxproc:deny=5 ") << command;
  }
  EXPECT_EQ(rules_in("rctl -r jail:www; rctl -a jail:www:maxproc:deny=5 && cpuset -l 0 -j www"),
            "remove maxproc:deny=5 cpus 0 ");
}

TEST(HookLimits, ACommandThatDoesMoreIsReadAllTheSame) {
  for (const char* command :
       {"rctl -a jail:www:maxproc:deny=5; logger up", "rctl -a jail:www:maxproc:deny=5 && echo ok",
        "logger up; rctl -a jail:www:maxproc:deny=5", "sh -c 'rctl -a jail:www:maxproc:deny=5; jib addm www em0'",
        "rctl -a jail:www:maxproc:deny=5 | logger", "mount -a || true; rctl -a jail:www:maxproc:deny=5"}) {
    EXPECT_EQ(rules_in(command), "maxproc:deny=5 +") << command;
  }
}

TEST(HookLimits, LimitsThatAreNotReadAreNoticed) {
  for (const char* command : {"rctl -a jail:www:nothing:deny=5",
                              "[ -x /usr/bin/rctl ] && rctl -a jail:www:maxproc:deny=5",
                              "false || rctl -a jail:www:maxproc:deny=5",
                              "if true; then rctl -a jail:www:maxproc:deny=5; fi",
                              "for r in maxproc:deny=5; do rctl -a jail:www:$r; done",
                              "rctl -a jail:www:maxproc:deny=$(cat /n)",
                              "rctl -a jail:$(hostname):maxproc:deny=5",
                              "rctl -a $RULES",
                              "cat rules | xargs rctl -a",
                              "env -i rctl -a jail:www:maxproc:deny=5",
                              "test -f /x || exit 0; rctl -a jail:www:maxproc:deny=5",
                              "rctl -a 'jail:www:maxproc:deny=5",
                              "/usr/local/bin/rctl-wrapper rctl -a jail:www",
                              "/usr/local/bin/rctl-wrapper -a jail:www",
                              "RCTL=/usr/bin/rctl; $RCTL -a jail:www:maxproc:deny=5",
                              "service rctl restart",
                              "echo jail:www:maxproc:deny=5 >>/etc/rctl.conf && /etc/rc.d/rctl restart",
                              "while read r; do rctl -a $r; done < /etc/rctl.www",
                              "rctl -a j:$(hostname):maxproc:deny=5",
                              "/etc/rctl/www.sh",
                              "rctl -a jail:www:maxproc:deny=5,jail:www:nthr:deny=5"}) {
    EXPECT_EQ(rules_in(command), "+?") << command;
  }
}

TEST(HookLimits, AnythingElseIsLeftAlone) {
  for (const char* command :
       {"", "true", "echo rctl", "rctl", "rctl -u jail:www", "rctl -hu jail:www", "rctl jail:www",
        "rctl -l jail:www | logger", "rctl -a user:www:maxproc:deny=5",
        "rctl -a loginclass:daemon:maxproc:deny=5 || true", "cpuset -l 0", "cpuset -j www", "cpuset -l 0 -j other",
        "cpuset -g -j www", "cpuset -g -l 0 -p 1", "limits -m 1g true", "mount -t nullfs /data /jail/www/data",
        "jib addm www em0 2>/dev/null; ifconfig e0b_www name vnet0"}) {
    EXPECT_EQ(rules_in(command), "+") << command;
  }
}

TEST(HookLimits, RulesOfAnotherJailAreNoticed) {
  EXPECT_EQ(rules_in("rctl -a jail:other:maxproc:deny=5"), "+ of other");
  EXPECT_EQ(rules_in("rctl -a jail:www2:maxproc:deny=5 || true"), "+ of www2");
  EXPECT_EQ(rules_in("sh -c 'rctl -a j:www.child:maxproc:deny=5'"), "+ of www.child");
  EXPECT_EQ(rules_in("rctl -a jail:other:maxproc:deny=5 jail:www:maxproc:deny=6"), "+? of other");
  EXPECT_EQ(rules_in("rctl -r jail:other"), "+");
}

TEST(HookLimits, RctlConf) {
  std::vector<std::string> wrong;
  const auto rules = rules_of_rctl_conf(
      "# a comment\njail:www:memoryuse:deny=1g # another\n\nuser:www:maxproc:deny=1\njail:db:maxproc:deny=2\n"
      "jail:www:maxproc:log=3\njail:www:bogus:deny=1\njail:www:maxproc:deny=1 extra",
      "www", wrong);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].text(), "memoryuse:deny=1g");
  EXPECT_EQ(rules[1].text(), "maxproc:log=3");
  EXPECT_EQ(wrong, (std::vector<std::string>{"jail:www:bogus:deny=1", "jail:www:maxproc:deny=1 extra"}));
}

}  // namespace
}  // namespace jaild::jailconf
