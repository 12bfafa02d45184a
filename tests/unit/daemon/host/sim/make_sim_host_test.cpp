// The simulated host as a daemon has it: real time, everything exists; and ten thousand jails.
#include "daemon/host/sim/make_sim_host.h"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "tests/unit/daemon/host/sim/sim_world.h"

namespace jaild::host::sim {
namespace {

constexpr auto sim_patience = 60s;  // ends a test that hangs

struct Heard {
  [[nodiscard]] Sink sink() {
    return Sink{[this](OpDone each) {
                  const std::lock_guard lock(mutex);
                  done.push_back(std::move(each));
                  changed.notify_all();
                },
                [this](Event each) {
                  const std::lock_guard lock(mutex);
                  events.push_back(std::move(each));
                  changed.notify_all();
                }};
  }
  template <class Condition>
  [[nodiscard]] bool wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, sim_patience, condition);
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<OpDone> done;
  std::vector<Event> events;
};

TEST(MakeSimHost, RunsAJailInRealTime) {
  Heard heard;
  const auto host = make_sim_host();
  ASSERT_TRUE(host->start(heard.sink()));
  JailSpec spec;
  spec.params = {{"path", std::string("/no/such/place/www")},
                 {"ip4.addr", std::vector<std::string>{"any0|203.0.113.5"}}};
  host->submit(Op{1, Resolve{"www", spec}});
  host->submit(Op{2, OpenMonitor{{"www", 1, 0}}});
  host->submit(Op{3, Create{{"www", 1, 0}, spec}});
  host->submit(Op{4, StartMain{{"www", 1, 1}, Daemon::command("sleep 0.01")}});
  ASSERT_TRUE(heard.wait([&] { return heard.done.size() == 4 && heard.events.size() == 2; }));
  for (const OpDone& each : heard.done) EXPECT_TRUE(each.result) << each.id;
  EXPECT_TRUE(std::get<Resolved>(*heard.done[0].result).missing.empty()) << "everything exists";
  EXPECT_EQ(host->survey()->jails.size(), 1U);
  host->stop();
}

TEST(MakeSimHost, EachIsAMachineJustBooted) {
  EXPECT_NE(make_sim_host()->profile().boot_id, make_sim_host()->profile().boot_id);
  SimOptions options;
  options.boot_id = "fixed";
  options.racct = false;
  options.cpus = 2;
  const auto host = make_sim_host(options);
  EXPECT_EQ(host->profile().boot_id, "fixed");
  EXPECT_FALSE(host->profile().racct);
  EXPECT_EQ(host->profile().cpus, cpus("0-1"));
}

TEST(MakeSimHost, SubmitAndQueriesFromSeveralThreads) {
  Heard heard;
  const auto host = make_sim_host();
  ASSERT_TRUE(host->start(heard.sink()));
  constexpr int each = 200;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < each; ++i) {
        const auto id = static_cast<OpId>(thread * each + i + 1);
        host->submit(Op{id, Create{{"j" + std::to_string(id), id, 0}, {}}});
        if (i % 20 == 0) (void)host->survey();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(heard.wait([&] { return heard.done.size() == 4 * each; }));
  EXPECT_EQ(host->survey()->jails.size(), std::size_t{4 * each});
  host->stop();
}

TEST(TenThousandJails, StartAndStopWithoutALookAtAllOfThem) {
  constexpr int count = 10'000;
  Machine machine;
  Daemon daemon(machine);
  std::vector<JailKey> keys;
  JailSpec spec;
  spec.params["host.hostname"] = std::string("x.example.org");
  spec.rctl = {rule("maxproc:deny=50")};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    const JailKey key{"j" + std::to_string(i), static_cast<std::uint64_t>(i + 1), i + 1};
    spec.params["path"] = "/jail/" + key.name;
    daemon.submit(OpenMonitor{key});
    daemon.submit(Create{key, spec});
    daemon.submit(SetRules{key, spec.rctl});
    daemon.submit(core::Run{key, Daemon::command("true")});
    daemon.submit(StartMain{key, Daemon::command("httpd")});
    keys.push_back(key);
  }
  machine.run_for(1s);
  EXPECT_EQ(machine.kernel->jails().size(), std::size_t{count});
  EXPECT_EQ(daemon.host->survey()->jails.size(), std::size_t{count});
  EXPECT_EQ(daemon.host->usage(keys)->size(), std::size_t{count});
  for (const JailKey& key : keys) {
    daemon.submit(Terminate{key, 10s});
    daemon.submit(Remove{key});
    daemon.submit(SetRules{key, {}});
    daemon.submit(CloseMonitor{key});
  }
  machine.run_for(1min);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%d jails up and down: %.2f s, %.1f us an operation\n", count, took.count(),
              took.count() * 1e6 / (9 * count));
  EXPECT_TRUE(machine.kernel->jails().empty());
  EXPECT_TRUE(machine.kernel->left_by_jaild({}).empty());
  ASSERT_EQ(daemon.done.size(), std::size_t{9 * count});
  for (const OpDone& each : daemon.done) ASSERT_TRUE(each.result) << each.id << each.result.error().message;
}

}  // namespace
}  // namespace jaild::host::sim
