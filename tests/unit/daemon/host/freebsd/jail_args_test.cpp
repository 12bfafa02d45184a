#include "daemon/host/freebsd/jail_args.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

using Texts = std::vector<std::string>;

// The kernel is asked for what no jail has, so that nothing is made: what counts is its complaint.
std::string complaint(const KernelParam& param, const ParamValue& value) {
  JailArgs args;
  if (auto added = args.param(param, value); !added) return added.error().message;
  return {};
}

TEST(JailArgs, ValuesThatDoNotFitAreRefusedByName) {
  const KernelParam number{"securelevel", ParamForm::integer, sizeof(int), false};
  EXPECT_EQ(complaint(number, std::int64_t{-1}), "");
  EXPECT_EQ(complaint(number, std::string("2")), "");
  for (const ParamValue& wrong :
       {ParamValue(std::string("high")), ParamValue(std::int64_t{1} << 40), ParamValue(Texts{})}) {
    EXPECT_NE(complaint(number, wrong).find("securelevel"), std::string::npos);
  }
  const KernelParam stack{"ip4", ParamForm::jailsys, sizeof(int), false};
  for (const ParamValue& right : {ParamValue(true), ParamValue(std::string("inherit")), ParamValue(Texts{"disable"})}) {
    EXPECT_EQ(complaint(stack, right), "");
  }
  EXPECT_NE(complaint(stack, std::string("maybe")), "");
  const KernelParam flag{"allow.mount.zfs", ParamForm::boolean, sizeof(int), false};
  for (const ParamValue& right : {ParamValue(false), ParamValue(std::string("true")), ParamValue(std::int64_t{0})}) {
    EXPECT_EQ(complaint(flag, right), "");
  }
  EXPECT_NE(complaint(flag, std::string("yes")), "") << "jail(8) refuses it too";
  const KernelParam list{"ip4.addr", ParamForm::ip4_list, 4, false};
  EXPECT_EQ(complaint(list, Texts{"em0|192.0.2.7/24 broadcast 192.0.2.255", "192.0.2.8"}), "");
  EXPECT_EQ(complaint(list, Texts{}), "") << "restricted to nothing";
  EXPECT_NE(complaint(list, Texts{"fd00::1"}).find("ip4.addr"), std::string::npos);
}

TEST(JailArgs, AnswersAreReadBack) {
  const auto bytes = [](auto value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); };
  EXPECT_EQ(read_value({"x", ParamForm::boolean, 4, false}, bytes(1)), ParamValue(true));
  EXPECT_EQ(read_value({"x", ParamForm::integer, 4, false}, bytes(-1)), ParamValue(std::int64_t{-1}));
  EXPECT_EQ(read_value({"x", ParamForm::long_integer, 8, false}, bytes(42L)), ParamValue(std::int64_t{42}));
  EXPECT_EQ(read_value({"x", ParamForm::text, 8, false}, std::string("ab\0cd", 5)), ParamValue(std::string("ab")));
  EXPECT_EQ(read_value({"ip4", ParamForm::jailsys, 4, false}, bytes(2)), ParamValue(std::string("inherit")));
  const std::string two("\xc0\x00\x02\x07\xc0\x00\x02\x08", 8);
  EXPECT_EQ(read_value({"ip4.addr", ParamForm::ip4_list, 4, false}, two), ParamValue(Texts{"192.0.2.7", "192.0.2.8"}));
}

TEST(JailArgs, KernelsOwnWordsAreInTheError) {
  JailArgs args;
  args.number("jid", 0);
  args.text("name", "jaild_unit_test_no_such_jail");
  const auto found = args.get(0, "jail_get");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().os_errno, ENOENT);
  EXPECT_NE(found.error().message.find("jaild_unit_test_no_such_jail"), std::string::npos) << found.error().message;
}

}  // namespace
}  // namespace jaild::host
