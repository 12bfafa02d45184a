#include "client/hindrance.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/unit/client/harness.h"

namespace jaild::client {
namespace {

using nlohmann::json;

json blocked(const std::string& name, const std::string& reason, const std::vector<std::string>& depend = {}) {
  json object = jail(name, "blocked");
  object["status"]["reason"] = reason;
  object["spec"]["params"]["depend"] = depend;
  return object;
}

json because(json object, const std::string& reason) {
  object["status"]["reason"] = reason;
  return object;
}

// Of "web", which waits for "db".
Hindrance by(const json& db, std::map<std::string, json> others = {}) {
  others["db"] = db;
  const std::string reason = "waits for db, which is " + (db.is_null() ? "" : db["status"]["state"].get<std::string>());
  return hindrance_of(blocked("web", reason, {"db"}), [&](const std::string& name) -> json {
    const auto found = others.find(name);
    return found == others.end() ? json() : found->second;
  });
}

const LookAt nobody = [](const std::string&) { return json(); };

TEST(Hindrance, OnlyABlockedJailHasOne) {
  for (const char* state : {"running", "starting", "backoff", "failed", "stopped"}) {
    EXPECT_EQ(hindrance_of(jail("web", state), nobody).hold, Hold::none) << state;
  }
  EXPECT_EQ(hindrance_of(json(7), nobody).hold, Hold::none);
}

TEST(Hindrance, WhatTheHostLacksNeedsHelp) {
  json object = blocked("web", "path: /jail/web is not there");
  object["status"]["next_try_at"] = "2026-02-01T00:00:00Z";
  const Hindrance found = hindrance_of(object, nobody);
  EXPECT_EQ(found.hold, Hold::needs_help);
  EXPECT_EQ(found.reason, "path: /jail/web is not there");
  EXPECT_TRUE(contains(found.next, "`jailctl up web`")) << found.next;
}

TEST(Hindrance, ADependencyOnItsWayPasses) {
  for (const char* state : {"starting", "stopping", "backoff"}) EXPECT_EQ(by(jail("db", state)).hold, Hold::passes);
  EXPECT_EQ(by(because(jail("db", "backoff"), "exec.start: exited with 1")).reason,
            "waits for db, which is backoff: exec.start: exited with 1");
  json unready = jail("db");
  unready["status"]["ready"] = false;
  EXPECT_EQ(by(unready).hold, Hold::passes);
}

// Waited for itself it would end the wait, too.
TEST(Hindrance, ADependencyWhoseStartFailedNeedsHelpThoughItIsTriedAgain) {
  json db = because(jail("db", "backoff"), "exec.start: exited with 1");
  db["status"]["next_try_at"] = "2026-02-01T00:00:00Z";
  const Hindrance found = by(db);
  EXPECT_EQ(found.hold, Hold::needs_help);
  EXPECT_EQ(found.reason, "waits for db, which is backoff: exec.start: exited with 1");
  EXPECT_TRUE(contains(found.next, "`jailctl status db`")) << found.next;
  EXPECT_TRUE(contains(found.next, "2026-02-01T00:00:00Z")) << found.next;
}

TEST(Hindrance, ADependencyThatStaysDownNeedsHelp) {
  const Hindrance failed = by(because(jail("db", "failed"), "exec.start: exited with 1"));
  EXPECT_EQ(failed.hold, Hold::needs_help);
  EXPECT_EQ(failed.reason, "waits for db, which is failed: exec.start: exited with 1");
  EXPECT_TRUE(contains(failed.next, "`jailctl up db`")) << failed.next;
  EXPECT_EQ(by(jail("db", "stopped")).reason, "waits for db, which is stopped");
  json ended = jail("db", "stopped");
  ended["desired"] = "running";
  EXPECT_EQ(by(ended).reason, "waits for db, which ran and ended");
  EXPECT_EQ(by(nullptr).reason, "depends on db, which does not exist");
}

TEST(Hindrance, TheLastOfAChainIsNamed) {
  const json db = blocked("db", "waits for net, which is failed", {"net"});
  const Hindrance found = by(db, {{"net", because(jail("net", "failed"), "no bridge0")}});
  EXPECT_EQ(found.hold, Hold::needs_help);
  EXPECT_EQ(found.reason, "waits for db, which waits for net, which is failed: no bridge0");
  json lacking = blocked("db", "no bridge0");
  lacking["status"]["next_try_at"] = "2026-02-01T00:00:00Z";
  EXPECT_EQ(by(lacking).reason, "waits for db, which is blocked: no bridge0");
}

TEST(Hindrance, ALoopOfWhatWasSeenEnds) {
  const json db = blocked("db", "waits for web, which is blocked", {"web"});
  const json web = blocked("web", "waits for db, which is blocked", {"db"});
  EXPECT_EQ(by(db, {{"web", web}}).hold, Hold::passes);
}

TEST(Hindrance, APlaceInTheQueueIsNothingToTell) {
  for (const char* reason : {"is about to start", "waits for one of 4 start slots"}) {
    EXPECT_EQ(hindrance_of(blocked("web", reason), nobody).hold, Hold::queued) << reason;
  }
}

}  // namespace
}  // namespace jaild::client
