#include "tests/contract/store/store_contract.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "tests/fakes/store_samples.h"

namespace jaild::store {

Snapshot StoreContract::load() {
  Result<Snapshot> snapshot = store().load();
  EXPECT_TRUE(snapshot.has_value()) << snapshot.error().message;
  return snapshot.value_or(Snapshot{});
}

Snapshot StoreContract::restart_and_load() {
  store();
  under_test_->restart();
  return load();
}

namespace {

using namespace std::chrono_literals;
using samples::commit;
using samples::event;
using samples::events;
using samples::full_jail;
using samples::full_run;
using samples::history;
using samples::ids;
using samples::plain_jail;
using Ids = std::vector<std::uint64_t>;

testing::AssertionResult ok(const Result<void>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << result.error().message;
}

TEST_P(StoreContract, ANewStoreIsEmpty) {
  const Snapshot snapshot = load();
  EXPECT_TRUE(snapshot.jails.empty());
  EXPECT_TRUE(snapshot.runs.empty());
  EXPECT_TRUE(snapshot.meta.empty());
  EXPECT_EQ(snapshot.last_event, 0U);
  EXPECT_EQ(snapshot.last_run, 0U);
  EXPECT_TRUE(events(store(), {}).value().empty());
  EXPECT_TRUE(history(store(), "www1").value().versions.empty());
}

// P1
TEST_P(StoreContract, EveryFieldComesBackAfterARestart) {
  const JailRecord full = full_jail("www1", 3);
  const JailRecord plain = plain_jail("db1");
  const RunRecord run = full_run("www1", 41);
  ASSERT_TRUE(ok(commit(store(), {PutJail{full}, PutJail{plain}, PutRun{run}, PutMeta{"boot_id", "abc"}})));
  ASSERT_TRUE(ok(commit(store(), {PutMeta{"boot_id", "def"}, AddEvent{event(9)}})));

  const Snapshot snapshot = restart_and_load();
  EXPECT_EQ(snapshot.jails, (std::vector<JailRecord>{plain, full}));
  EXPECT_EQ(snapshot.runs, std::vector<RunRecord>{run});
  EXPECT_EQ(snapshot.meta, (std::map<std::string, std::string>{{"boot_id", "def"}}));
  EXPECT_EQ(snapshot.last_event, 9U);
  EXPECT_EQ(snapshot.last_run, 41U);
}

TEST_P(StoreContract, PuttingAgainReplacesEveryField) {
  ASSERT_TRUE(ok(commit(store(), {PutJail{full_jail("www1", 3)}, PutRun{full_run("www1", 41)}})));
  const JailRecord jail = plain_jail("www1", 4);
  RunRecord run;
  run.key = {"www1", 42, 0};
  run.after_create = {{core::ResourceKind::mount, "/jail/www1/proc", {}, true}};
  ASSERT_TRUE(ok(commit(store(), {PutJail{jail}, PutRun{run}})));

  const Snapshot snapshot = restart_and_load();
  EXPECT_EQ(snapshot.jails, std::vector<JailRecord>{jail});
  EXPECT_EQ(snapshot.runs, std::vector<RunRecord>{run});
}

TEST_P(StoreContract, PuttingAJailAgainKeepsItsRun) {
  const RunRecord run = full_run("www1", 41);
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1")}, PutRun{run}})));
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1", 2)}})));
  EXPECT_EQ(restart_and_load().runs, std::vector<RunRecord>{run});
}

// P5: a thing is found again by its name, whatever bytes it has.
TEST_P(StoreContract, TheLedgerKeepsAnyBytes) {
  RunRecord run = full_run("www1", 1);
  run.before_create = {{core::ResourceKind::mount, "/jail/\xff\xfe'\"", {{"source", std::string("a\0b", 3)}}, false}};
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1")}, PutRun{run}})));
  EXPECT_EQ(restart_and_load().runs, std::vector<RunRecord>{run});
}

TEST_P(StoreContract, ErasingAJailTakesAllButItsEvents) {
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1")}, PutJail{plain_jail("db1")}, PutRun{full_run("www1", 5)},
                                  AddEvent{event(1)}})));
  ASSERT_TRUE(ok(commit(store(), {EraseJail{"www1"}})));

  const Snapshot snapshot = restart_and_load();
  EXPECT_EQ(snapshot.jails, std::vector<JailRecord>{plain_jail("db1")});
  EXPECT_TRUE(snapshot.runs.empty());
  EXPECT_TRUE(history(store(), "www1").value().versions.empty());
  EXPECT_EQ(ids(events(store(), {}).value()), Ids{1});
}

TEST_P(StoreContract, ErasingWhatIsNotThereIsSuccess) {
  EXPECT_TRUE(ok(commit(store(), {EraseJail{"nobody"}, EraseRun{"nobody"}})));
}

TEST_P(StoreContract, AnEmptyCommitIsSuccess) {
  EXPECT_TRUE(ok(commit(store(), {})));
}

TEST_P(StoreContract, ARunNumberIsRememberedAfterItsRun) {
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1")}, PutRun{full_run("www1", 8)}, EraseRun{"www1"}})));
  ASSERT_TRUE(ok(commit(store(), {PutRun{full_run("www1", 7)}, EraseJail{"www1"}})));
  const Snapshot snapshot = restart_and_load();
  EXPECT_TRUE(snapshot.runs.empty());
  EXPECT_EQ(snapshot.last_run, 8U);
}

TEST_P(StoreContract, ACommitThatCannotBeStoredStoresNothing) {
  ASSERT_TRUE(ok(commit(store(), {PutJail{plain_jail("www1")}, AddEvent{event(1)}})));
  const std::vector<std::vector<Mutation>> impossible{
      {PutJail{plain_jail("db1")}, PutMeta{"k", "v"}, AddEvent{event(1)}},         // a number twice
      {PutJail{plain_jail("db1")}, AddEvent{event(2)}, AddEvent{event(2)}},        // twice in one commit
      {PutJail{plain_jail("db1")}, AddEvent{event(2)}, PutRun{full_run("x", 9)}},  // a run of no jail
      {PutJail{plain_jail("db1")}, EraseJail{"www1"}, PutRun{full_run("www1", 9)}},
      {PutRun{full_run("db1", 9)}, PutJail{plain_jail("db1")}},  // in this order
  };
  for (const std::vector<Mutation>& mutations : impossible) {
    Result<void> result = commit(store(), mutations);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, Kind::internal) << result.error().message;
  }
  const Snapshot snapshot = restart_and_load();
  EXPECT_EQ(snapshot.jails, std::vector<JailRecord>{plain_jail("www1")});
  EXPECT_TRUE(snapshot.meta.empty());
  EXPECT_EQ(snapshot.last_event, 1U);
  EXPECT_EQ(snapshot.last_run, 0U);
}

// ---- tokens -----------------------------------------------------------------------------------------------

TEST_P(StoreContract, TokensComeBackAndGo) {
  TokenRecord plain{{"00000000000a", "ci", Role::viewer, WallTime() + 1h, "uid 0", {}, {}}, std::string(64, 'a')};
  TokenRecord full{
      {"00000000000b", "deploy", Role::admin, WallTime() + 2h, "token ci", WallTime() + 9h, WallTime() + 3h},
      std::string(64, 'b')};
  ASSERT_TRUE(ok(commit(store(), {PutToken{plain}, PutToken{full}, AddEvent{event(1)}})));
  EXPECT_EQ(restart_and_load().tokens, (std::vector{plain, full}));
  ASSERT_TRUE(ok(commit(store(), {TouchToken{plain.token.id, WallTime() + 4h}, EraseToken{full.token.id}})));
  ASSERT_TRUE(ok(commit(store(), {TouchToken{full.token.id, WallTime() + 5h}})));  // stays gone
  plain.token.last_used_at = WallTime() + 4h;
  EXPECT_EQ(restart_and_load().tokens, std::vector{plain});
  EXPECT_FALSE(ok(commit(store(), {PutToken{plain}})));
  EXPECT_TRUE(ok(commit(store(), {EraseToken{"00000000000c"}})));
}

// ---- history ----------------------------------------------------------------------------------------------

TEST_P(StoreContract, HistoryHasEachGenerationOnceOldestFirst) {
  JailRecord first = plain_jail("www1", 1);
  JailRecord same = first;  // a state change, not a new spec
  same.by = "jaild";
  same.restarts = 5;
  const JailRecord second = full_jail("www1", 2);
  ASSERT_TRUE(ok(commit(store(), {PutJail{first}, PutJail{same}, PutJail{second}, PutJail{plain_jail("db1", 9)}})));
  restart_and_load();

  const std::vector<SpecVersion> versions = history(store(), "www1").value().versions;
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].generation, 1U);
  EXPECT_EQ(versions[0].by, "uid 0");
  EXPECT_EQ(versions[0].at, first.updated_at);
  EXPECT_EQ(versions[0].spec, first.spec);
  EXPECT_EQ(versions[1].generation, 2U);
  EXPECT_EQ(versions[1].spec, second.spec);
}

TEST_P(StoreContract, HistoryKeepsTheLastHundredOfEachJail) {
  std::vector<Mutation> mutations{PutJail{plain_jail("db1")}};
  for (std::uint64_t generation = 1; generation <= 105; ++generation) {
    mutations.push_back(PutJail{plain_jail("www1", generation)});
  }
  ASSERT_TRUE(ok(commit(store(), mutations)));
  const std::vector<SpecVersion> versions = history(store(), "www1").value().versions;
  ASSERT_EQ(versions.size(), 100U);
  EXPECT_EQ(versions.front().generation, 6U);
  EXPECT_EQ(versions.back().generation, 105U);
  EXPECT_EQ(history(store(), "db1").value().versions.size(), 1U);
}

TEST_P(StoreContract, HistoryComesInPages) {
  std::vector<Mutation> mutations{PutJail{plain_jail("db1", 7)}};
  for (const std::uint64_t generation : {1, 2, 3, 5, 6, 8})
    mutations.push_back(PutJail{plain_jail("www1", generation)});
  ASSERT_TRUE(ok(commit(store(), mutations)));
  const std::size_t spec_bytes = to_text(to_json(plain_jail("www1").spec)).size();
  struct Row {
    HistoryQuery query;
    Ids expected;
    bool more;
  };
  const std::vector<Row> rows{
      {{}, {1, 2, 3, 5, 6, 8}, false},
      {{.after = 0, .limit = 2}, {1, 2}, true},
      {{.after = 3, .limit = 2}, {5, 6}, true},
      {{.after = 6, .limit = 1}, {8}, false},
      {{.after = 4, .limit = 3}, {5, 6, 8}, false},
      {{.after = 8}, {}, false},
      {{.after = 0, .limit = 10, .bytes = 1}, {1}, true},
      {{.after = 1, .limit = 10, .bytes = 2 * spec_bytes}, {2, 3}, true},
      {{.after = 1, .limit = 10, .bytes = 2 * spec_bytes + 1}, {2, 3, 5}, true},
      {{.after = 5, .limit = 10, .bytes = 2 * spec_bytes}, {6, 8}, false},
      {{.after = ~std::uint64_t{0}, .limit = ~std::size_t{0}, .bytes = ~std::size_t{0}}, {}, false},  // a client's
      {{.after = 0, .limit = ~std::size_t{0}, .bytes = ~std::size_t{0}}, {1, 2, 3, 5, 6, 8}, false},
  };
  for (const Row& row : rows) {
    const HistoryPage page = history(store(), "www1", row.query).value();
    Ids generations;
    for (const SpecVersion& version : page.versions) generations.push_back(version.generation);
    EXPECT_EQ(generations, row.expected) << row.query.after << " " << row.query.limit << " " << row.query.bytes;
    EXPECT_EQ(page.more, row.more) << row.query.after << " " << row.query.limit << " " << row.query.bytes;
  }
}

// ---- events -----------------------------------------------------------------------------------------------

TEST_P(StoreContract, AnEventComesBackWhole) {
  JailEvent one = event(7, "", EventType::daemon_started);
  one.data = {{"a", "1"}, {"quote", "\"\n"}, {"", "empty key"}};
  ASSERT_TRUE(ok(commit(store(), {AddEvent{one}})));
  restart_and_load();
  const std::vector<JailEvent> found = events(store(), {}).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, 7U);
  EXPECT_EQ(found[0].at, one.at);
  EXPECT_EQ(found[0].type, EventType::daemon_started);
  EXPECT_EQ(found[0].jail, "");
  EXPECT_EQ(found[0].message, "event 7");
  EXPECT_EQ(found[0].data, one.data);
}

TEST_P(StoreContract, EventsAreFoundByNumberJailAndType) {
  std::vector<Mutation> mutations;
  for (std::uint64_t id = 1; id <= 12; ++id) {
    mutations.push_back(AddEvent{
        event(id, id % 2 == 0 ? "www1" : "db1", id % 3 == 0 ? EventType::jail_exited : EventType::jail_started)});
  }
  ASSERT_TRUE(ok(commit(store(), mutations)));
  struct Row {
    EventQuery query;
    Ids expected;
  };
  const std::vector<Row> rows{
      {{.after = 10, .jail = "", .type = ""}, {11, 12}},
      {{.after = 0, .jail = "www1", .type = ""}, {2, 4, 6, 8, 10, 12}},
      {{.after = 4, .jail = "www1", .type = "jail.exited"}, {6, 12}},
      {{.after = 0, .jail = "", .type = "jail.exited", .limit = 2}, {3, 6}},
      {{.after = 0, .jail = "", .type = "", .limit = 0}, {}},
      {{.after = 0, .jail = "nobody", .type = ""}, {}},
      {{.after = 12, .jail = "", .type = ""}, {}},
      {{.after = ~std::uint64_t{0}, .jail = "", .type = "", .limit = ~std::size_t{0}}, {}},  // what a client may send
      {{.after = 11, .jail = "", .type = "", .limit = ~std::size_t{0}}, {12}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ids(events(store(), row.query).value()), row.expected)
        << row.query.after << " " << row.query.jail << " " << row.query.type;
  }
}

TEST_P(StoreContract, AFilterFindsWhatIsFarApart) {
  std::vector<Mutation> mutations;
  for (std::uint64_t id = 5'001; id <= 12'000; ++id) {
    const bool rare = id == 5'001 || id == 8'999 || id == 9'000 || id == 12'000;
    mutations.push_back(
        AddEvent{event(id, rare ? "www1" : "db1", rare ? EventType::jail_exited : EventType::jail_started)});
  }
  ASSERT_TRUE(ok(commit(store(), mutations)));
  const Ids all{5'001, 8'999, 9'000, 12'000};
  EXPECT_EQ(ids(events(store(), {.jail = "", .type = "jail.exited"}).value()), all);
  EXPECT_EQ(ids(events(store(), {.jail = "www1", .type = ""}).value()), all);
  EXPECT_EQ(ids(events(store(), {.jail = "www1", .type = "jail.exited"}).value()), all);
  EXPECT_EQ(ids(events(store(), {.after = 5'001, .jail = "", .type = "jail.exited", .limit = 2}).value()),
            (Ids{8'999, 9'000}));
  EXPECT_EQ(ids(events(store(), {.after = 9'000, .jail = "www1", .type = "jail.exited", .limit = 1}).value()),
            Ids{12'000});
  EXPECT_EQ(ids(events(store(), {.jail = "", .type = "nothing"}).value()), Ids{});
  EXPECT_EQ(ids(events(store(), {.after = 5'500, .jail = "", .type = "", .limit = 3'000}).value()).back(), 8'500U);
}

TEST_P(StoreContract, TheNewestEventsStayAndOlderOnesGo) {
  Limits limits;
  limits.events = 50;
  limits.events_trim_step = 10;
  use(limits);
  for (std::uint64_t id = 1; id <= 200; ++id) ASSERT_TRUE(ok(commit(store(), {AddEvent{event(id)}})));
  const Ids left = ids(events(store(), {}).value());
  ASSERT_GE(left.size(), 50U);
  EXPECT_LT(left.size(), 60U);
  EXPECT_EQ(left.back(), 200U);
  EXPECT_EQ(left.front(), 201 - left.size());
  EXPECT_EQ(restart_and_load().last_event, 200U);
}

TEST_P(StoreContract, EventsAreTrimmedEvenWhereADaemonNeverLivesLong) {
  Limits limits;
  limits.events = 5;
  limits.events_trim_step = 10;
  use(limits);
  for (std::uint64_t id = 1; id <= 40; ++id) {
    ASSERT_TRUE(ok(commit(store(), {AddEvent{event(id)}})));
    if (id % 3 == 0) restart_and_load();
  }
  EXPECT_LE(events(store(), {}).value().size(), 15U);
}

// ---- order ------------------------------------------------------------------------------------------------

TEST_P(StoreContract, CommitsAreAnsweredInTheOrderOfTheCallsAndQueriesSeeWhatWasCommittedBefore) {
  std::vector<int> order;                                   // only the store's thread writes; the promise hands it over
  const auto all = std::make_shared<std::promise<void>>();  // set_value() may outlast this function's wait
  std::size_t seen = 0;
  const auto answered = [&order, all](int which) {
    order.push_back(which);
    if (order.size() == 5) all->set_value();
  };
  store().commit({AddEvent{event(1)}}, [=](const Result<void>&) { answered(1); });
  store().events({}, [&seen, answered](const Result<std::vector<JailEvent>>& found) {
    seen = found ? found->size() : 0;
    answered(2);
  });
  store().commit({AddEvent{event(1)}}, [=](const Result<void>&) { answered(3); });  // fails, in its turn
  store().history("www1", {}, [=](const Result<HistoryPage>&) { answered(4); });
  store().commit({AddEvent{event(2)}}, [=](const Result<void>&) { answered(5); });
  ASSERT_EQ(all->get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  const auto place = [&](int which) { return std::ranges::find(order, which) - order.begin(); };
  EXPECT_LT(place(1), place(3));
  EXPECT_LT(place(3), place(5));
  EXPECT_LT(place(1), place(2));
  EXPECT_LT(place(3), place(4));
  EXPECT_GE(seen, 1U);
}

TEST_P(StoreContract, AnAnswerMayCallAgainAndIsAnsweredAfterIt) {
  std::vector<int> order;
  const auto last = std::make_shared<std::promise<void>>();  // set_value() may outlast this function's wait
  store().commit({AddEvent{event(1)}}, [this, &order, last](const Result<void>&) {
    store().commit({AddEvent{event(2)}}, [&order, last](const Result<void>&) {
      order.push_back(2);
      last->set_value();
    });
    order.push_back(1);
  });
  ASSERT_EQ(last->get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace jaild::store
