#include "daemon/monitor/exit_record.h"

#include <gtest/gtest.h>

#include <csignal>

#include "api/contract/json.h"

namespace jaild::monitor {
namespace {

constexpr int exited(int code) {
  return code << 8;
}

TEST(LastExitOfMain, SaysCodeOrSignalInWords) {
  const auto now = std::chrono::system_clock::now();
  Outcome outcome;
  outcome.status = exited(3);
  EXPECT_EQ(last_exit(outcome, now).code, 3);
  EXPECT_EQ(last_exit(outcome, now).reason, "command exited with 3");
  outcome.status = SIGKILL;
  EXPECT_EQ(last_exit(outcome, now).signal, SIGKILL);
  EXPECT_FALSE(last_exit(outcome, now).code);
  EXPECT_EQ(last_exit(outcome, now).reason, "command was ended by SIGKILL");
  outcome.status.reset();
  EXPECT_FALSE(last_exit(outcome, now).code);
}

TEST(ExitRecord, IsReadBackByTheContract) {
  Outcome outcome;
  outcome.status = exited(0);
  const auto exit = last_exit(outcome, std::chrono::system_clock::now());
  Options options;
  options.name = "www";
  options.run = 7;
  const auto record = parse_json(exit_record(options, exit));
  ASSERT_TRUE(record);
  EXPECT_EQ((*record)["name"], "www");
  EXPECT_EQ((*record)["run"], 7);
  const auto read = parse_last_exit((*record)["exit"]);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, exit);
}

TEST(OutcomeFields, TellATimeoutFromASignal) {
  CommandEvent event;
  event.outcome.status = SIGTERM;
  EXPECT_FALSE(outcome_fields(event).contains("timed_out"));
  event.outcome.timed_out = true;
  EXPECT_EQ(outcome_fields(event)["timed_out"], true);
  EXPECT_EQ(outcome_fields(event)["signal"], SIGTERM);
  EXPECT_FALSE(outcome_fields(event).contains("code"));
}

TEST(KindName, IsTheEnumerator) {
  EXPECT_EQ(kind_name(Kind::host_refused), "host_refused");
  EXPECT_EQ(kind_name(Kind::timeout), "timeout");
}

}  // namespace
}  // namespace jaild::monitor
