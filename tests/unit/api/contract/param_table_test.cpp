#include "api/contract/param_table.h"

#include <set>

#include <gtest/gtest.h>

namespace jaild {
namespace {

TEST(ParamTable, HoldsEachNameOnce) {
  std::set<std::string_view> names;
  for (const Param& param : param_table()) {
    EXPECT_TRUE(names.insert(param.name).second) << param.name;
    EXPECT_EQ(find_param(param.name), &param);
    EXPECT_TRUE(param.since == "13" || param.since == "14" || param.since == "15") << param.name;
    EXPECT_TRUE(param.type == ParamType::boolean || param.least < param.most) << param.name;
  }
}

TEST(ParamTable, HoldsTheParametersOfTheManualPage) {  // jail(8)
  for (const char* name : {"jid",
                           "name",
                           "path",
                           "ip4.addr",
                           "ip4.saddrsel",
                           "ip4",
                           "ip6.addr",
                           "ip6.saddrsel",
                           "ip6",
                           "vnet",
                           "host.hostname",
                           "host.domainname",
                           "host.hostuuid",
                           "host.hostid",
                           "host",
                           "securelevel",
                           "devfs_ruleset",
                           "children.max",
                           "children.cur",
                           "enforce_statfs",
                           "persist",
                           "cpuset.id",
                           "dying",
                           "parent",
                           "osrelease",
                           "osreldate",
                           "meta",
                           "env",
                           "allow.set_hostname",
                           "allow.sysvipc",
                           "allow.raw_sockets",
                           "allow.chflags",
                           "allow.mount",
                           "allow.mount.devfs",
                           "allow.quotas",
                           "allow.read_msgbuf",
                           "allow.socket_af",
                           "allow.mlock",
                           "allow.nfsd",
                           "allow.reserved_ports",
                           "allow.unprivileged_parent_tampering",
                           "allow.unprivileged_proc_debug",
                           "allow.suser",
                           "allow.extattr",
                           "allow.adjtime",
                           "allow.settime",
                           "allow.routing",
                           "allow.setaudit",
                           "allow.mount.fdescfs",
                           "allow.mount.fusefs",
                           "allow.mount.nullfs",
                           "allow.mount.procfs",
                           "allow.mount.linprocfs",
                           "allow.mount.linsysfs",
                           "allow.mount.tmpfs",
                           "allow.mount.zfs",
                           "allow.vmm",
                           "allow.vmm_ppt",
                           "linux",
                           "linux.osname",
                           "linux.osrelease",
                           "linux.oss_version",
                           "sysvmsg",
                           "sysvsem",
                           "sysvshm",
                           "zfs",
                           "zfs.mount_snapshot",
                           "mac.do",
                           "mac.do.rules",
                           "exec.prepare",
                           "exec.prestart",
                           "exec.created",
                           "exec.start",
                           "command",
                           "exec.poststart",
                           "exec.prestop",
                           "exec.stop",
                           "exec.poststop",
                           "exec.release",
                           "exec.clean",
                           "exec.jail_user",
                           "exec.system_jail_user",
                           "exec.system_user",
                           "exec.timeout",
                           "exec.consolelog",
                           "exec.fib",
                           "stop.timeout",
                           "interface",
                           "vnet.interface",
                           "zfs.dataset",
                           "ip_hostname",
                           "mount",
                           "mount.fstab",
                           "mount.devfs",
                           "mount.fdescfs",
                           "mount.procfs",
                           "allow.dying",
                           "depend"})
    EXPECT_NE(find_param(name), nullptr) << name;
}

TEST(ParamTable, KnowsFamilies) {
  EXPECT_EQ(find_param("meta.owner")->type, ParamType::string);
  EXPECT_EQ(find_param("env.PATH.x")->type, ParamType::string);
  EXPECT_EQ(find_param("allow.mount.ext2fs")->type, ParamType::boolean);
  for (const char* name :
       {"meta.", "env.", "env.a=b", "meta.a b", "meta.a\n", "allow.mount.", "allow.mount.No", "allow.mount.nozfs",
        "allow.mount.a.b", "allow.", "allow.brand_new", "", "Path", "persist ", "exec"})
    EXPECT_EQ(find_param(name), nullptr) << name;
}

TEST(ParamTable, KnowsTheNoFormOfBooleansOnly) {
  EXPECT_EQ(find_negated("nopersist")->name, "persist");
  EXPECT_EQ(find_negated("allow.noraw_sockets")->name, "allow.raw_sockets");
  EXPECT_EQ(find_negated("allow.nomount")->name, "allow.mount");
  EXPECT_EQ(find_negated("allow.mount.nozfs")->name, "allow.mount.zfs");
  EXPECT_EQ(find_negated("exec.noclean")->name, "exec.clean");
  EXPECT_EQ(find_negated("ip4.nosaddrsel")->name, "ip4.saddrsel");
  EXPECT_NE(find_negated("allow.mount.noext2fs"), nullptr);
  for (const char* name : {"noallow.mount", "nopath", "nosecurelevel", "novnet", "persist", "no", "allow.no",
                           "nonopersist", "", "meta.nokey", "nosuch"})
    EXPECT_EQ(find_negated(name), nullptr) << name;
  EXPECT_EQ(without_no("allow.mount.nozfs"), "allow.mount.zfs");
  EXPECT_EQ(without_no("allow.no"), std::nullopt);
}

TEST(ParamTable, SaysWhyAParameterIsNotSet) {
  for (const char* name :
       {"name", "jid", "allow.dying", "lastjid", "desc", "parent", "dying", "cpuset.id", "children.cur"})
    EXPECT_FALSE(param_refusal(name).empty()) << name;
  EXPECT_TRUE(param_refusal("path").empty());
  for (const Param& param : param_table()) {
    EXPECT_TRUE(param.when != ParamWhen::read || !param_refusal(param.name).empty()) << param.name;
  }
}

}  // namespace
}  // namespace jaild
