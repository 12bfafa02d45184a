#include "daemon/host/linux/linux_check.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

CgroupTree all_controllers() {
  return CgroupTree(
      {Hierarchy{"/nowhere", true, {Controller::cpu, Controller::cpuset, Controller::memory, Controller::pids}}});
}

std::vector<std::string> pointers(const JailSpec& spec, const std::string& name = "www1") {
  std::vector<std::string> found;
  for (const FieldError& error : check_on_linux(name, spec, "/spec", all_controllers())) found.push_back(error.pointer);
  return found;
}

struct Row {
  const char* name;
  ParamValue value;
};

TEST(LinuxCheck, WhatLinuxEnforcesIsTaken) {
  const std::vector<Row> rows = {{"path", std::string("/jail/www")},
                                 {"host.hostname", std::string(64, 'w')},
                                 {"securelevel", std::int64_t{-1}},
                                 {"children.max", std::int64_t{0}},
                                 {"enforce_statfs", std::int64_t{1}},
                                 {"allow.mount", false},
                                 {"allow.raw_sockets", true},
                                 {"allow.reserved_ports", false},
                                 {"allow.chflags", true},
                                 {"allow.mlock", true},
                                 {"allow.set_hostname", false},
                                 {"allow.suser", true},
                                 {"sysvshm", std::string("new")},
                                 {"exec.fib", std::int64_t{0}},
                                 {"persist", true},
                                 {"exec.clean", true},
                                 {"mount.devfs", true},
                                 {"vnet", std::string("new")}};
  for (const Row& row : rows) {
    JailSpec spec;
    spec.params[row.name] = row.value;
    EXPECT_TRUE(pointers(spec).empty()) << row.name;
  }
}

TEST(LinuxCheck, WhatLinuxCannotEnforceIsRefusedWithItsPointer) {
  const std::vector<Row> rows = {{"securelevel", std::int64_t{1}},
                                 {"children.max", std::int64_t{1}},
                                 {"enforce_statfs", std::int64_t{2}},
                                 {"allow.mount", true},
                                 {"allow.mount.tmpfs", true},
                                 {"allow.sysvipc", true},
                                 {"allow.set_hostname", true},
                                 {"allow.suser", false},
                                 {"sysvmsg", std::string("inherit")},
                                 {"exec.fib", std::int64_t{1}},
                                 {"ip_hostname", true},
                                 {"osrelease", std::string("13.2-RELEASE")},
                                 {"devfs_ruleset", std::int64_t{7}},
                                 {"host.hostid", std::int64_t{5}},
                                 {"host.hostname", std::string(65, 'w')},
                                 {"host.domainname", std::string(65, 'w')},
                                 {"zfs.dataset", std::vector<std::string>{"tank/a"}},
                                 {"host", std::string("inherit")},
                                 {"a.newer.kernels", true}};
  for (const Row& row : rows) {
    JailSpec spec;
    spec.params[row.name] = row.value;
    EXPECT_EQ(pointers(spec), std::vector<std::string>{"/spec/params/" + std::string(row.name)}) << row.name;
  }
}

TEST(LinuxCheck, AddressesNeedABridge) {
  JailSpec spec;
  spec.params["ip4.addr"] = std::vector<std::string>{"br0|10.0.0.2/24", "10.0.0.3/24"};
  EXPECT_EQ(pointers(spec), std::vector<std::string>{"/spec/params/ip4.addr/1"});
  spec.params["interface"] = std::string("br0");
  EXPECT_TRUE(pointers(spec).empty());
  spec.params["ip4"] = std::string("inherit");
  EXPECT_FALSE(pointers(spec).empty());
}

TEST(LinuxCheck, StackIsSharedWholeOrNotAtAll) {
  JailSpec spec;
  spec.params["ip4"] = std::string("inherit");
  EXPECT_TRUE(pointers(spec).empty());
  spec.params["ip6"] = std::string("disable");
  EXPECT_EQ(pointers(spec), std::vector<std::string>{"/spec/params/ip6"});
}

TEST(LinuxCheck, RulesMountsAndDottedNamesAreNamed) {
  JailSpec spec;
  spec.params["path"] = std::string("/jail/www");
  spec.params["mount"] =
      std::vector<std::string>{"/data /jail/www/data nullfs rw 0 0", "/dev/ada1 /jail/www/x ufs rw 0 0"};
  spec.rctl = {*RctlRule::parse("memoryuse:deny=1g"), *RctlRule::parse("nmsgq:deny=3")};
  EXPECT_EQ(pointers(spec, "a.b"), (std::vector<std::string>{"/name", "/spec/params/mount/1", "/spec/rctl/1"}));
}

}  // namespace
}  // namespace jaild::host
