// What is asked of the kernel itself, in places where every FreeBSD answers.
#include <unistd.h>

#include <gtest/gtest.h>

#include "daemon/host/freebsd/address_use.h"
#include "daemon/host/freebsd/aliases.h"
#include "daemon/host/freebsd/boot_id.h"
#include "daemon/host/freebsd/cpusets.h"
#include "daemon/host/freebsd/forked.h"
#include "daemon/host/freebsd/host_path.h"
#include "daemon/host/freebsd/jail_descriptor.h"
#include "daemon/host/freebsd/jail_watch.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/processes.h"
#include "daemon/host/freebsd/run_program.h"

namespace jaild::host {
namespace {

TEST(BootId, StaysTheSameWhileTheHostIsUp) {
  EXPECT_FALSE(boot_id().empty());
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(Sysctl, NumbersOfEveryWidth) {
  EXPECT_GE(sysctl_number("hw.ncpu").value_or(0), 1) << "an int";
  EXPECT_GT(sysctl_number("hw.physmem").value_or(0), 0) << "a long";
  EXPECT_FALSE(sysctl_number("jaild.no.such.name"));
  EXPECT_EQ(sysctl_text("kern.ostype").value_or(""), "FreeBSD");
}

TEST(Cpus, HostHasAsManyAsTheKernelSays) {
  EXPECT_LE(static_cast<std::int64_t>(host_cpus().ids().size()), sysctl_number("hw.ncpu").value_or(0));
  EXPECT_FALSE(jail_cpus(987'654));
}

TEST(Aliases, LoopbackHasItsAddress) {
  const auto address = parse_address("lo0|127.0.0.1/8", false);
  ASSERT_TRUE(address);
  EXPECT_TRUE(has_alias(alias_entry("lo0", *address, false)));
  EXPECT_FALSE(has_alias(alias_entry("nosuch9", *address, false)));
  EXPECT_TRUE(has_interface("lo0"));
  EXPECT_FALSE(has_interface("nosuch9"));
}

TEST(AddressUse, NobodyHoldsWhatNoJailHas) {
  EXPECT_EQ(address_conflict("unit", {"192.0.2.77", "192.0.2.78"}, {"2001:db8::77"}), "");
  EXPECT_EQ(address_conflict("unit", {}, {}), "");
}

TEST(Processes, OurOwnJailHasNoneToWaitFor) {
  EXPECT_TRUE(wait_for_processes({987'654}, std::chrono::milliseconds(0)));
  const auto none = processes_of(0, 10);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty()) << "0 is the host";
}

TEST(JailDescriptors, NobodysJailHasNone) {
  EXPECT_FALSE(open_jail({"unit", 1, 987'654}));
  EXPECT_FALSE(open_jail({"unit", 1, 0}));
}

// That it waits for the kernel, and not for ever, is all that can be seen without a jail.
TEST(JailWatch, WaitsUntilItIsStopped) {
  const auto catalog = ParamCatalog::discover();
  ASSERT_TRUE(catalog);
  JailWatch watch(*catalog, {.gone = [](const core::JailKey&) {}, .changed = [](const std::string&) {}});
  EXPECT_FALSE(watch.works());
  ASSERT_TRUE(watch.start());
  watch.add({"unit", 1, 987'654});  // gone before anybody looked
  EXPECT_NE(watch.works(), watch.knows(987'654)) << "where the kernel tells, it is told of at once";
  watch.stop();
  watch.stop();
}

TEST(HostPath, IsTheRealOne) {
  EXPECT_EQ(find_host_path("/", "path", JailTrees()).value_or(""), "/");
  EXPECT_EQ(find_host_path("/etc/../etc", "path", JailTrees()).value_or(""), "/etc");
  const auto missing = find_host_path("/nosuch/place", "path", JailTrees());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Kind::missing);
  EXPECT_NE(missing.error().message.find("path /nosuch/place does not exist"), std::string::npos);
}

TEST(Forked, WhatTheChildWritesIsTheAnswer) {
  const auto answer = in_child("ask", 5, [](int output) { EXPECT_EQ(::write(output, "seven!!", 7), 7); });
  EXPECT_EQ(answer.value_or(""), "seven!!") << "a little more than was asked for may come";
  EXPECT_EQ(in_child("ask", 5, [](int) {}).value_or("nothing"), "");
  EXPECT_EQ(in_jail(987'654, "ask", 5, [](int output) { (void)::write(output, "in", 2); }).value_or("nothing"), "")
      << "there is no such jail to enter";
}

TEST(RunProgram, OutputIsTheReason) {
  EXPECT_TRUE(run_program({"/bin/sh", "-c", "exit 0"}));
  const auto failed = run_program({"/bin/sh", "-c", "echo why; exit 3"});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("why"), std::string::npos) << failed.error().message;
  const auto missing = run_program({"/nosuch/program"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Kind::missing);
}

}  // namespace
}  // namespace jaild::host
