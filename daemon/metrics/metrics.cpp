#include "daemon/metrics/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

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

// The series of one scrape, as prometheus-cpp wants a source.
class Scrape final : public prometheus::Collectable {
 public:
  explicit Scrape(const Sample& sample) : sample_(sample) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    auto families = jail_families(sample_);
    for (auto& each : process_families()) families.push_back(std::move(each));
    families.push_back(build_info());
    return families;
  }

 private:
  [[nodiscard]] prometheus::MetricFamily build_info() const {
    prometheus::ClientMetric metric;
    metric.label = {{"version", version_text}, {"osrelease", sample_.release}};
    metric.gauge.value = 1;
    return {"jaild_build_info", "Always 1; what this jaild is", prometheus::MetricType::Gauge, {metric}};
  }

  const Sample& sample_;  // the caller's
};

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
};

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took) {
  const std::string verb(method);
  const std::string path(route);
  registry_->requests.Add({{"method", verb}, {"route", path}, {"code", std::to_string(code)}}).Increment();
  registry_->request_time.Add({{"method", verb}, {"route", path}}, http_buckets()).Observe(seconds(took));
}

void Metrics::observe_step(std::string_view step, bool ok, std::chrono::nanoseconds took) {
  const std::string name(step);
  registry_->step_time.Add({{"step", name}}, step_buckets()).Observe(seconds(took));
  if (!ok) registry_->step_failures.Add({{"step", name}}).Increment();
}

void Metrics::observe_commit(bool ok, std::chrono::nanoseconds took) {
  registry_->store_time.Observe(seconds(took));
  if (!ok) registry_->store_errors.Increment();
}

void Metrics::observe_input(std::chrono::nanoseconds took) {
  registry_->loop_time.Observe(seconds(took));
}

std::string Metrics::scrape(const Sample& sample) const {
  auto families = registry_->registry.Collect();
  for (auto& each : Scrape(sample).Collect()) families.push_back(std::move(each));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace jaild::metrics
