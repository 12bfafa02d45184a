#include "api/contract/spec_rules.h"

#include <gtest/gtest.h>

#include "tests/unit/api/contract/samples.h"

namespace jaild {
namespace {

using test::mistakes_in;
using test::Places;

std::string with_fields(const std::string& fields) {
  return R"({"params":{"path":"/jail/www","persist":true},)" + fields + "}";
}

TEST(SpecRules, TakeWhatIsInRange) {
  for (const char* fields : {
           R"("priority":0)",
           R"("priority":99)",
           R"("restart":{"limit":0})",
           R"("restart":{"limit":1000})",
           R"("restart":{"delay_seconds":1,"max_delay_seconds":1})",
           R"("restart":{"max_delay_seconds":31536000})",
           R"("restart":{"window_seconds":31536000})",
           R"("health":{"exec":"/bin/test -e /ready"})",
           R"("health":{"tcp":"[::1]:80"})",
           R"("health":{"http":"http://h/","expect_status":599})",
           R"("health":{"tcp":"h:1","start_period_seconds":0})",
           R"("health":{"tcp":"h:1","interval_seconds":31536000})",
           R"("labels":{"tier":""})",
           R"("labels":{"example.org/team_1-a":"caf\u00e9 au lait"})",
           R"("command":"a")",
       })
    EXPECT_EQ(mistakes_in(with_fields(fields)), Places{}) << fields;
}

TEST(SpecRules, RefuseWhatIsNot) {
  const std::pair<std::string, const char*> rows[] = {
      {R"("priority":-1)", "/spec/priority"},
      {R"("priority":100)", "/spec/priority"},
      {R"("priority":99999999999)", "/spec/priority"},
      {R"("priority":-99999999999)", "/spec/priority"},
      {R"("priority":18446744073709551615)", "/spec/priority"},
      {R"("restart":{"limit":-1})", "/spec/restart/limit"},
      {R"("restart":{"limit":1001})", "/spec/restart/limit"},
      {R"("restart":{"delay_seconds":0})", "/spec/restart/delay_seconds"},
      {R"("restart":{"delay_seconds":-1})", "/spec/restart/delay_seconds"},
      {R"("restart":{"max_delay_seconds":31536001})", "/spec/restart/max_delay_seconds"},
      {R"("restart":{"max_delay_seconds":9223372036854775807})", "/spec/restart/max_delay_seconds"},
      {R"("restart":{"max_delay_seconds":18446744073709551615})", "/spec/restart/max_delay_seconds"},
      {R"("restart":{"window_seconds":0})", "/spec/restart/window_seconds"},
      {R"("health":{"exec":""})", "/spec/health/exec"},
      {R"("health":{"exec":" \n"})", "/spec/health/exec"},
      {R"("health":{"exec":"a\u0000"})", "/spec/health/exec"},
      {R"("health":{"tcp":"h"})", "/spec/health/tcp"},
      {R"("health":{"tcp":"h:99999"})", "/spec/health/tcp"},
      {R"("health":{"http":"h"})", "/spec/health/http"},
      {R"("health":{"http":"https://h/"})", "/spec/health/http"},
      {R"("health":{"http":"http://h/","expect_status":99})", "/spec/health/expect_status"},
      {R"("health":{"http":"http://h/","expect_status":600})", "/spec/health/expect_status"},
      {R"("health":{"tcp":"h:1","interval_seconds":0})", "/spec/health/interval_seconds"},
      {R"("health":{"tcp":"h:1","interval_seconds":31536001})", "/spec/health/interval_seconds"},
      {R"("health":{"tcp":"h:1","timeout_seconds":0})", "/spec/health/timeout_seconds"},
      {R"("health":{"tcp":"h:1","start_period_seconds":-1})", "/spec/health/start_period_seconds"},
      {R"("health":{"tcp":"h:1","failures":0})", "/spec/health/failures"},
      {R"("health":{"tcp":"h:1","successes":1001})", "/spec/health/successes"},
      {R"("labels":{"":"x"})", "/spec/labels/"},
      {R"("labels":{"a b":"x"})", "/spec/labels/a b"},
      {R"("labels":{"a=b":"x"})", "/spec/labels/a=b"},
      {R"("labels":{"a":"x\ny"})", "/spec/labels/a"},
      {R"("labels":{"a":"x\u0000y"})", "/spec/labels/a"},
      {R"("labels":{"a":")" + std::string(256, 'x') + "\"}", "/spec/labels/a"},
      {R"("command":"")", "/spec/command"},
      {R"("command":"   ")", "/spec/command"},
      {R"("command":"a\u0000b")", "/spec/command"},
      {R"("command":")" + std::string(131'072, 'a') + '"', "/spec/command"},
  };
  for (const auto& [fields, place] : rows)
    EXPECT_EQ(mistakes_in(with_fields(fields)), Places{place}) << fields.substr(0, 80);
}

TEST(SpecRules, BoundListsAndMaps) {
  std::string labels;
  std::string rules;
  for (int i = 0; i < 1001; ++i) {
    labels += (i > 0 ? "," : "") + ("\"l" + std::to_string(i)) + "\":\"\"";
    rules += (i > 0 ? "," : "") + ("\"maxproc:log=" + std::to_string(i)) + '"';
  }
  EXPECT_EQ(mistakes_in(with_fields("\"labels\":{" + labels + "}")), Places{"/spec/labels"});
  const auto spec = parse_spec(test::json_of("{\"rctl\":[" + rules + "]}"));
  ASSERT_FALSE(spec);
  EXPECT_EQ(test::places(spec.error().fields), Places{"/spec/rctl"});
}

}  // namespace
}  // namespace jaild
