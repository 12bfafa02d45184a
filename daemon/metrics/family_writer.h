// Collects the series of one scrape as families of prometheus-cpp, one sample after the other.
#pragma once

#include <prometheus/metric_family.h>

#include <string_view>
#include <vector>

namespace jaild::metrics {

using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

[[nodiscard]] Labels one_label(std::string_view name, std::string_view value);
[[nodiscard]] Labels operator+(Labels first, const Labels& more);

class FamilyWriter {
 public:
  // The samples that follow are of this family; one without samples is not there at all.
  void family(const char* name, const char* help, MetricType type);  // Counter or Gauge

  // Counts above 2^53 lose their last digits, as Prometheus' own numbers do.
  template <class T>
  void sample(const Labels& labels, const Labels& more, T value) {
    add(labels, more, static_cast<double>(value));
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> take() &&;

 private:
  void add(const Labels& labels, const Labels& more, double value);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace jaild::metrics
