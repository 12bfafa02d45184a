#include "daemon/host/freebsd/beyond_parent.h"

#include <gtest/gtest.h>

namespace jaild::host {
namespace {

using Params = std::map<std::string, ParamValue>;

core::JailFacts parent() {
  core::JailFacts facts;
  facts.name = "web";
  facts.params = {{"allow.mount", true},
                  {"allow.raw_sockets", false},
                  {"securelevel", std::int64_t{1}},
                  {"enforce_statfs", std::int64_t{1}},
                  {"children.max", std::int64_t{5}},
                  {"sysvshm", std::string("disable")},
                  {"ip4", std::string("new")},
                  {"ip4.addr", std::vector<std::string>{"10.0.0.1", "10.0.0.2"}},
                  {"ip6", std::string("inherit")}};
  return facts;
}

TEST(BeyondParent, NamesWhatTheParentHasNot) {
  const std::pair<Params, const char*> rows[] = {
      {{{"allow.raw_sockets", true}}, "allow.raw_sockets"},
      {{{"securelevel", std::int64_t{0}}}, "securelevel"},
      {{{"enforce_statfs", std::int64_t{0}}}, "enforce_statfs"},
      {{{"children.max", std::int64_t{5}}}, "children.max"},
      {{{"sysvshm", std::string("new")}}, "sysvshm"},
      {{{"ip4.addr", std::vector<std::string>{"lo0|10.0.0.3/24"}}}, "ip4.addr"},
  };
  for (const auto& [wanted, name] : rows) {
    const std::string why = beyond_parent(parent(), wanted);
    EXPECT_NE(why.find(name), std::string::npos) << name << ": " << why;
    EXPECT_NE(why.find("jail web"), std::string::npos) << why;
  }
}

TEST(BeyondParent, SaysNothingOfWhatIsAllowed) {
  EXPECT_EQ(beyond_parent(parent(), {{"allow.mount", true},
                                     {"allow.raw_sockets", false},
                                     {"allow.of_a_module", true},
                                     {"securelevel", std::int64_t{1}},
                                     {"enforce_statfs", std::int64_t{2}},
                                     {"children.max", std::int64_t{4}},
                                     {"sysvshm", std::string("disable")},
                                     {"host.hostname", std::string("x")},
                                     {"ip4.addr", std::vector<std::string>{"lo0|10.0.0.2/32"}},
                                     {"ip6.addr", std::vector<std::string>{"2001:db8::1"}}}),
            "");
}

}  // namespace
}  // namespace jaild::host
