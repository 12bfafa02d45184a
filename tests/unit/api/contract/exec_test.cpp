#include "api/contract/exec.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "api/contract/json.h"

#include <nlohmann/json.hpp>

namespace jaild {
namespace {

using nlohmann::json;

// The pointers of all mistakes.
std::set<std::string> mistakes(const std::string& text, ExecWay way) {
  const auto parsed = parse_exec_request(json::parse(text), way);
  std::set<std::string> pointers;
  if (!parsed) {
    for (const FieldError& each : parsed.error().fields) pointers.insert(each.pointer);
  }
  return pointers;
}

using Pointers = std::set<std::string>;

}  // namespace

TEST(Exec, ARequestIsReadAsItWasWritten) {
  const json body = json::parse(R"({"command":["ls","-l"],"user":"www","cwd":"/tmp","env":{"A":"1"},
                                   "login_class":"daemon","timeout_seconds":5,"terminal":{"columns":100,"rows":30}})");
  const auto parsed = parse_exec_request(body, ExecWay::stream);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->terminal, (TerminalSize{100, 30}));
  EXPECT_EQ(to_json(*parsed), body);
}

TEST(Exec, DefaultsDependOnTheWay) {
  EXPECT_EQ(parse_exec_request(json{{"command", {"true"}}}, ExecWay::once)->timeout, exec_once_timeout);
  EXPECT_EQ(parse_exec_request(json::object(), ExecWay::stream)->timeout.count(), 0);
  EXPECT_TRUE(parse_exec_request(json::object(), ExecWay::stream)->command.empty()) << "the login shell";
}

TEST(Exec, EveryMistakeIsReportedAtItsPlace) {
  EXPECT_EQ(mistakes("{}", ExecWay::once), Pointers{"/command"});
  EXPECT_EQ(mistakes(R"({"command":[]})", ExecWay::stream), Pointers{"/command"});
  EXPECT_EQ(mistakes(R"({"command":"ls"})", ExecWay::once), Pointers{"/command"});
  EXPECT_EQ(mistakes(R"({"command":["ls"],"cwd":""})", ExecWay::once), (Pointers{"/cwd"}));
  EXPECT_EQ(mistakes(R"({"command":["ls"],"cwd":5})", ExecWay::once), (Pointers{"/cwd"}));
  EXPECT_EQ(mistakes(R"({"command":["ls",5,"a\u0000b"],"cwd":"tmp","env":{"1A":"x"},"more":1})", ExecWay::once),
            (Pointers{"/command/1", "/command/2", "/cwd", "/env/1A", "/more"}));
  EXPECT_EQ(mistakes(R"({"command":["ls"],"timeout_seconds":0})", ExecWay::once), Pointers{"/timeout_seconds"});
  EXPECT_EQ(mistakes(R"({"command":["ls"],"timeout_seconds":86401})", ExecWay::stream), Pointers{"/timeout_seconds"});
  EXPECT_EQ(mistakes(R"({"command":["ls"],"terminal":{}})", ExecWay::once), Pointers{"/terminal"});
  EXPECT_EQ(mistakes(R"({"command":["ls"],"stdin":"x"})", ExecWay::stream), Pointers{"/stdin"});
  EXPECT_EQ(mistakes(R"({"terminal":{"columns":0,"rows":70000}})", ExecWay::stream),
            (Pointers{"/terminal/columns", "/terminal/rows"}));
  EXPECT_EQ(mistakes("[]", ExecWay::stream), Pointers{""});
  EXPECT_EQ(mistakes(json{{"command", {std::string(exec_text_max, 'x')}}}.dump(), ExecWay::once), Pointers{""});
}

TEST(Exec, AnExitIsReadAsItWasWritten) {
  for (const ExecExit& exit : {ExecExit{0, 0, false, ""}, ExecExit{{}, SIGKILL, true, ""},
                               ExecExit{127, 0, false, "nosuch: No such file or directory"}}) {
    EXPECT_EQ(parse_exec_exit(to_json(exit)), exit);
  }
  EXPECT_EQ(to_json(ExecExit{{}, SIGKILL, true, ""}), json::parse(R"({"signal":"SIGKILL","timed_out":true})"));
  EXPECT_FALSE(parse_exec_exit(json::object()));
  EXPECT_FALSE(parse_exec_exit(json(5)));
}

TEST(Exec, ControlMessages) {
  EXPECT_EQ(std::get<TerminalSize>(*parse_exec_control(R"({"resize":{"columns":5,"rows":6}})")), (TerminalSize{5, 6}));
  EXPECT_EQ(std::get<ExecSignal>(*parse_exec_control(R"({"signal":"SIGINT"})")).number, SIGINT);
  EXPECT_TRUE(std::holds_alternative<ExecEof>(*parse_exec_control(R"({"eof":true})")));
  EXPECT_TRUE(std::holds_alternative<ExecDetach>(*parse_exec_control(R"({"detach":true})")));
  for (const char* wrong : {"", "{}", "5", R"({"signal":"SIGNOTHING"})", R"({"resize":{"columns":0}})", R"({"eof":1})",
                            R"({"eof":false})", R"({"dance":true})", R"({"eof":true,"detach":true})",
                            R"({"signal":"SIGINT","resize":{"columns":5,"rows":6}})"}) {
    EXPECT_FALSE(parse_exec_control(wrong)) << wrong;
  }
}

}  // namespace jaild
