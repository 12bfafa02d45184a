#include "daemon/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <sstream>
#include <system_error>
#include <tuple>

#include "api/contract/version.h"
#include "daemon/metrics/jail_families.h"
#include "daemon/metrics/process.h"

namespace jaild::metrics {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// From a local read to a start that takes minutes.
Buckets http_buckets() {
  return {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
}
Buckets step_buckets() {
  return {.0001, .001, .01, .1, .5, 1, 5, 10, 30, 60, 300};
}
Buckets store_buckets() {
  return {.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5};
}
// The promise is 50 ms at most.
Buckets loop_buckets() {
  return {.00001, .0001, .001, .005, .01, .025, .05, .1, .5};
}

}  // namespace

// References stay valid for the registry's life; looking a label set up by name happens once.
struct Metrics::Registry {
  prometheus::Registry registry;
  Family<Counter>& requests =
      BuildCounter().Name("jaild_http_requests_total").Help("Answered requests").Register(registry);
  Family<Histogram>& request_time = BuildHistogram()
                                        .Name("jaild_http_request_duration_seconds")
                                        .Help("From the first byte to the last, streams left out")
                                        .Register(registry);
  Family<Histogram>& step_time = BuildHistogram()
                                     .Name("jaild_step_duration_seconds")
                                     .Help("Time of the steps of starts and stops")
                                     .Register(registry);
  Family<Counter>& step_failures =
      BuildCounter().Name("jaild_step_failures_total").Help("Steps that failed").Register(registry);
  Family<Histogram>& store_family = BuildHistogram()
                                        .Name("jaild_store_transaction_duration_seconds")
                                        .Help("From asking for a commit until it is durable")
                                        .Register(registry);
  Histogram& store_time = store_family.Add({}, store_buckets());
  Family<Counter>& store_error_family =
      BuildCounter().Name("jaild_store_errors_total").Help("Commits that failed").Register(registry);
  Counter& store_errors = store_error_family.Add({});
  Family<Histogram>& loop_family = BuildHistogram()
                                       .Name("jaild_reconcile_duration_seconds")
                                       .Help("How long one input held the event loop")
                                       .Register(registry);
  Histogram& loop_time = loop_family.Add({}, loop_buckets());
  Family<Counter>& stall_family = BuildCounter()
                                      .Name("jaild_loop_stalls_total")
                                      .Help("Inputs and requests that held the event loop for more than 50 ms")
                                      .Register(registry);
  std::map<std::string, Counter*, std::less<>> stalls{{"input", &stall_family.Add({{"by", "input"}})},
                                                      {"request", &stall_family.Add({{"by", "request"}})}};

  // Add() builds and hashes a map of strings under a lock, too much for each request; what it returned is kept.
  using Request = std::pair<Counter*, Histogram*>;
  std::map<std::tuple<std::string, std::string, int>, Request, std::less<>> known_requests;
  Request request(std::string_view method, std::string_view route, int code) {
    const std::string verb(method);
    const std::string path(route);
    return {&requests.Add({{"method", verb}, {"route", path}, {"code", std::to_string(code)}}),
            &request_time.Add({{"method", verb}, {"route", path}}, http_buckets())};
  }
  using Step = std::pair<Histogram*, Counter*>;
  std::map<std::string, Step, std::less<>> known_steps;
  Step step(std::string_view step) {
    const std::string name(step);
    return {&step_time.Add({{"step", name}}, step_buckets()), &step_failures.Add({{"step", name}})};
  }
};

Metrics::Metrics(std::filesystem::path database)
    : database_(std::move(database)), registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took) {
  auto& known = registry_->known_requests;
  auto found = known.find(std::tuple(method, route, code));
  if (found == known.end())
    found = known.emplace(std::tuple(method, route, code), registry_->request(method, route, code)).first;
  found->second.first->Increment();
  found->second.second->Observe(seconds(took));
}

void Metrics::observe_step(std::string_view step, bool ok, std::chrono::nanoseconds took) {
  auto& known = registry_->known_steps;
  auto found = known.find(step);
  if (found == known.end()) found = known.emplace(step, registry_->step(step)).first;
  found->second.first->Observe(seconds(took));
  found->second.second->Increment(ok ? 0 : 1);
}

void Metrics::observe_commit(bool ok, std::chrono::nanoseconds took) {
  registry_->store_time.Observe(seconds(took));
  if (!ok) registry_->store_errors.Increment();
}

void Metrics::observe_input(std::chrono::nanoseconds took) {
  registry_->loop_time.Observe(seconds(took));
}

void Metrics::count_stall(std::string_view by) {
  if (const auto stalls = registry_->stalls.find(by); stalls != registry_->stalls.end()) stalls->second->Increment();
}

namespace {

void write_store(const std::filesystem::path& database, FamilyWriter& writer) {
  if (database.empty()) return;
  const auto gauge = [&](const char* name, const char* help, std::uintmax_t bytes, const std::error_code& error) {
    if (error) return;
    writer.family(name, help, MetricType::Gauge);
    writer.sample({}, {}, bytes);
  };
  std::error_code error;
  const auto size = std::filesystem::file_size(database, error);
  gauge("jaild_store_size_bytes", "Size of the database", size, error);
  auto log = database;
  log += "-wal";
  const auto logged = std::filesystem::file_size(log, error);
  gauge("jaild_store_wal_bytes", "Size of the write-ahead log of the database", logged, error);
  const auto space = std::filesystem::space(database, error);
  gauge("jaild_store_free_bytes", "Free space of the file system that holds the database", space.available, error);
}

void write_build(const std::string& release, FamilyWriter& writer) {
  writer.family("jaild_build_info", "Always 1; what this jaild is", MetricType::Gauge);
  writer.sample(one_label("version", version_text), one_label("osrelease", release), 1);
}

}  // namespace

std::string Metrics::scrape(const Sample& sample) const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, registry_->registry.Collect());
  {  // made anew each time, so that a deleted jail is gone at once
    FamilyWriter writer(text);
    write_families(sample, writer);
    write_process(writer);
    write_store(database_, writer);
    write_build(sample.release, writer);
  }
  return std::move(text).str();
}

}  // namespace jaild::metrics
