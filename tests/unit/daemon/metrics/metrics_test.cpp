#include "daemon/metrics/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "api/contract/version.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/unit/daemon/metrics/exposition.h"

namespace jaild::metrics {
namespace {

using std::chrono::milliseconds;

Exposition parsed(const Metrics& metrics, const Sample& sample = {}) {
  auto exposition = read_exposition(metrics.scrape(sample));
  for (const auto& fault : exposition.faults) ADD_FAILURE() << fault;
  return exposition;
}

TEST(Metrics, RequestsAreCountedByMethodRouteAndCode) {
  Metrics metrics;
  metrics.count_request("GET", "/jails", 200, milliseconds{2});
  metrics.count_request("GET", "/jails", 200, milliseconds{2});
  metrics.count_request("GET", "/jails", 422, milliseconds{200});
  const auto seen = parsed(metrics);
  EXPECT_EQ(seen.at(R"(jaild_http_requests_total{code="200",method="GET",route="/jails"})"), 2);
  EXPECT_EQ(seen.at(R"(jaild_http_requests_total{code="422",method="GET",route="/jails"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_http_request_duration_seconds_count{method="GET",route="/jails"})"), 3);
  EXPECT_EQ(seen.at(R"(jaild_http_request_duration_seconds_bucket{method="GET",route="/jails",le="0.0025"})"), 2);
}

TEST(Metrics, StepsCommitsAndInputsAreObserved) {
  Metrics metrics;
  metrics.observe_step("create", true, milliseconds{5});
  metrics.observe_step("create", false, milliseconds{5});
  metrics.observe_commit(true, milliseconds{3});
  metrics.observe_commit(false, milliseconds{3});
  metrics.observe_input(milliseconds{60});
  const auto seen = parsed(metrics);
  EXPECT_EQ(seen.at(R"(jaild_step_duration_seconds_count{step="create"})"), 2);
  EXPECT_EQ(seen.at(R"(jaild_step_failures_total{step="create"})"), 1);
  EXPECT_EQ(seen.at("jaild_store_transaction_duration_seconds_count"), 2);
  EXPECT_EQ(seen.at("jaild_store_errors_total"), 1);
  EXPECT_EQ(seen.at(R"(jaild_reconcile_duration_seconds_bucket{le="0.05"})"), 0);
  EXPECT_EQ(seen.at(R"(jaild_reconcile_duration_seconds_bucket{le="0.1"})"), 1);
}

TEST(Metrics, StallsOfTheLoopAreCounted) {
  Metrics metrics;
  metrics.count_stall("request");
  const auto seen = parsed(metrics);
  EXPECT_EQ(seen.at(R"(jaild_loop_stalls_total{by="request"})"), 1);
  EXPECT_EQ(seen.at(R"(jaild_loop_stalls_total{by="input"})"), 0);
}

TEST(Metrics, FailuresAreThereAtZero) {
  EXPECT_EQ(parsed(Metrics()).at("jaild_store_errors_total"), 0);
}

TEST(Metrics, SayWhatTheProcessTakes) {
  Metrics metrics;
  Sample sample;
  sample.release = "15.0 \"odd\"";
  const auto seen = parsed(metrics, sample);
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_start_time_seconds", "process_threads", "process_open_fds", "process_max_fds"}) {
    ASSERT_TRUE(seen.has(name)) << name;
    EXPECT_GT(seen.at(name), 0) << name;
  }
  EXPECT_TRUE(seen.has(R"(jaild_build_info{version=")" + std::string(version_text) + R"(",osrelease="15.0 \"odd\""})"));
}

TEST(Metrics, SayWhatTheStoreTakes) {
  const tests::TemporaryDirectory directory;
  const auto database = directory.path() / "jaild.db";
  std::ofstream(database) << std::string(4096, 'x');
  const auto seen = parsed(Metrics(database));
  EXPECT_EQ(seen.at("jaild_store_size_bytes"), 4096);
  EXPECT_GT(seen.at("jaild_store_free_bytes"), 0);
  EXPECT_FALSE(seen.has("jaild_store_wal_bytes")) << "there is no log";
}

TEST(Metrics, AreCountedWhileTheyAreRead) {
  Metrics metrics;
  std::atomic<bool> stop = false;
  std::thread loop([&] {
    while (!stop) {
      metrics.count_request("GET", "/jails", 200, milliseconds{1});
      metrics.observe_step("create", true, milliseconds{1});
    }
  });
  for (int i = 0; i < 50; ++i) parsed(metrics);
  stop = true;
  loop.join();
}

}  // namespace
}  // namespace jaild::metrics
