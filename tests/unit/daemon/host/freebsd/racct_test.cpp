#include "daemon/host/freebsd/racct.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace jaild::host {
namespace {

// rctl(2) as far as rules go, with what a kernel may get wrong.
struct FakeRctl {
  std::set<std::string> rules;
  std::vector<std::string> said;
  std::string loses;                     // accepted, and not in force
  std::string keeps;                     // its removal is accepted, and does nothing
  std::string refuses;                   // EOPNOTSUPP
  std::size_t fewest = ~std::size_t{0};  // rules in force between any two calls

  RctlCalls calls() {
    return {[this](const char* filter, std::size_t, char* answer, std::size_t size) {
              std::string text;
              for (const std::string& rule : rules) {
                if (rule.starts_with(filter)) text += (text.empty() ? "" : ",") + rule;
              }
              if (text.size() + 1 > size) return fail(ERANGE);
              std::memcpy(answer, text.c_str(), text.size() + 1);
              return 0;
            },
            [this](const char* rule, std::size_t, char*, std::size_t) {
              said.push_back(std::string("+") + rule);
              if (rule == refuses) return fail(EOPNOTSUPP);
              if (rule != loses) rules.insert(rule);
              fewest = std::min(fewest, rules.size());
              return 0;
            },
            [this](const char* rule, std::size_t, char*, std::size_t) {
              said.push_back(std::string("-") + rule);
              if (rule != keeps && rules.erase(rule) == 0) return fail(ESRCH);
              fewest = std::min(fewest, rules.size());
              return 0;
            }};
  }

  static int fail(int error) {
    errno = error;
    return -1;
  }
};

std::vector<std::string> rules(std::initializer_list<const char*> texts) {
  std::vector<std::string> of_the_kernel;
  for (const char* text : texts) of_the_kernel.push_back(RctlRule::parse(text).value().kernel_text("web"));
  return of_the_kernel;
}

TEST(SetJailRules, P3_ARuleThatIsNotInForceAfterwardsIsAnErrorThatNamesIt) {
  FakeRctl kernel;
  kernel.loses = "jail:web:pcpu:deny=50";
  const auto set = set_jail_rules("web", rules({"maxproc:deny=9", "pcpu:deny=50"}), false, kernel.calls());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message, "rctl rule jail:web:pcpu:deny=50 is not in force");
}

TEST(SetJailRules, P3_ARuleThatIsRefusedIsNamed) {
  FakeRctl kernel;
  kernel.refuses = "jail:web:pcpu:deny=50";
  const auto set = set_jail_rules("web", rules({"pcpu:deny=50"}), false, kernel.calls());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().os_errno, EOPNOTSUPP);
  EXPECT_NE(set.error().message.find("jail:web:pcpu:deny=50"), std::string::npos);
}

TEST(SetJailRules, AStaleRuleThatStaysIsAnError) {
  FakeRctl kernel;
  kernel.rules = {"jail:web:maxproc:deny=1"};
  kernel.keeps = "jail:web:maxproc:deny=1";
  const auto set = set_jail_rules("web", {}, false, kernel.calls());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message, "rctl rule jail:web:maxproc:deny=1 is still in force");
}

TEST(SetJailRules, OneFollowsTheOtherWithoutAMomentWithoutLimit) {
  FakeRctl kernel;
  kernel.rules = {"jail:web:maxproc:deny=1", "jail:web2:maxproc:deny=1"};
  ASSERT_TRUE(set_jail_rules("web", rules({"maxproc:deny=2"}), false, kernel.calls()));
  EXPECT_EQ(kernel.said, (std::vector<std::string>{"+jail:web:maxproc:deny=2", "-jail:web:maxproc:deny=1"}));
  EXPECT_EQ(kernel.fewest, 2U) << "one of web, one of web2";
  EXPECT_EQ(kernel.rules, (std::set<std::string>{"jail:web:maxproc:deny=2", "jail:web2:maxproc:deny=1"}));
  kernel.said.clear();
  ASSERT_TRUE(set_jail_rules("web", rules({"maxproc:deny=2"}), false, kernel.calls()));
  EXPECT_TRUE(kernel.said.empty()) << "nothing is said when all is as wanted";
}

TEST(SetJailRules, OthersStayAndAreReturnedWhereHooksMayHaveSetThem) {
  FakeRctl kernel;
  kernel.rules = {"jail:web:memoryuse:deny=1000", "jail:web2:maxproc:deny=1"};
  const auto others = set_jail_rules("web", rules({"maxproc:deny=2"}), true, kernel.calls());
  ASSERT_TRUE(others);
  EXPECT_EQ(*others, std::vector<std::string>{"jail:web:memoryuse:deny=1000"});
  EXPECT_EQ(kernel.said, std::vector<std::string>{"+jail:web:maxproc:deny=2"});
}

TEST(SetJailRules, ManyRulesAreReadWhole) {
  FakeRctl kernel;
  for (int i = 0; i < 500; ++i) kernel.rules.insert("jail:web:maxproc:log=" + std::to_string(1000 + i));
  ASSERT_TRUE(set_jail_rules("web", {}, false, kernel.calls())) << "more than the first answer has room for";
  EXPECT_TRUE(kernel.rules.empty());
}

}  // namespace
}  // namespace jaild::host
