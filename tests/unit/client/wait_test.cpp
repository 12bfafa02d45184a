#include "client/wait.h"

#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;

Begun begun(Goal goal, const std::string& state, bool settled = false) {
  return {"web", goal, settled, jail("web", state), "7@2026-01-31T12:00:00Z"};
}

json in_state(const std::string& state, const std::string& desired) {
  json object = jail("web", state);
  object["desired"] = desired;
  return object;
}

TEST(Wait, AStartIsJudgedByWhatCameAfterIt) {
  const Begun start = begun(Goal::running, "starting");
  EXPECT_EQ(judge(start, in_state("starting", "running")), Verdict::waiting);
  EXPECT_EQ(judge(start, in_state("blocked", "running")), Verdict::waiting);
  EXPECT_EQ(judge(start, in_state("running", "running")), Verdict::reached);
  EXPECT_EQ(judge(start, in_state("stopped", "running")), Verdict::finished);
  EXPECT_EQ(judge(start, in_state("failed", "running")), Verdict::failed);
  EXPECT_EQ(judge(start, in_state("backoff", "running")), Verdict::failed);
  EXPECT_EQ(judge(start, in_state("stopping", "stopped")), Verdict::overtaken);
  json unready = in_state("running", "running");
  unready["status"]["ready"] = false;
  EXPECT_EQ(judge(start, unready), Verdict::waiting);
}

TEST(Wait, WhatWasBeforeTheStartIsNoOutcome) {
  for (const char* state : {"failed", "backoff", "stopped"}) {
    EXPECT_EQ(judge(begun(Goal::running, state), in_state(state, "running")), Verdict::waiting) << state;
    EXPECT_NE(judge(begun(Goal::running, state, true), in_state(state, "running")), Verdict::waiting) << state;
    json tried = in_state(state, "running");
    tried["status"]["last_exit"] = {{"code", 0}, {"at", "2026-02-01T00:00:00Z"}};
    EXPECT_NE(judge(begun(Goal::running, state), tried), Verdict::waiting) << state;
  }
}

TEST(Wait, ARestartNeedsAnotherIncarnation) {
  const Begun restart = begun(Goal::restarted, "running");
  EXPECT_EQ(incarnation_of(restart.object), restart.incarnation);
  EXPECT_EQ(judge(restart, in_state("running", "running")), Verdict::waiting);
  json again = in_state("running", "running");
  again["status"]["jid"] = 8;
  EXPECT_EQ(judge(restart, again), Verdict::reached);
}

TEST(Wait, AStopAndARemovalAreJudgedByTheirEnd) {
  const Begun stop = begun(Goal::stopped, "stopping");
  EXPECT_EQ(judge(stop, in_state("stopping", "stopped")), Verdict::waiting);
  EXPECT_EQ(judge(stop, in_state("stopped", "stopped")), Verdict::reached);
  EXPECT_EQ(judge(stop, in_state("starting", "running")), Verdict::overtaken);
  EXPECT_EQ(judge(begun(Goal::gone, "stopping"), nullptr), Verdict::reached);
  EXPECT_EQ(judge(begun(Goal::gone, "stopping"), in_state("stopped", "stopped")), Verdict::waiting);
}

TEST(Wait, ObjectsOfAnotherShapeAreNeverAnOutcome) {
  for (const json& odd : {json(7), json::array({1}), json::object(), json{{"status", "x"}}}) {
    EXPECT_EQ(judge(begun(Goal::running, "starting"), odd), Verdict::waiting);
    EXPECT_EQ(judge(begun(Goal::stopped, "stopping"), odd), Verdict::waiting);
  }
}

}  // namespace
}  // namespace jaild::client
