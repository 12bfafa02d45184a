// Writes the series of one scrape, one family of prometheus-cpp after the other: a series takes some 400 bytes before
// it becomes 70 of text, so no more than one family at a time is there in that form.
#pragma once

#include <prometheus/metric_family.h>

#include <ostream>
#include <string_view>
#include <vector>

namespace jaild::metrics {

using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

[[nodiscard]] Labels one_label(std::string_view name, std::string_view value);
[[nodiscard]] Labels operator+(Labels first, const Labels& more);

class FamilyWriter {
 public:
  explicit FamilyWriter(std::ostream& out) : out_(out) {}  // outlives this
  ~FamilyWriter() { flush(); }
  FamilyWriter(const FamilyWriter&) = delete;
  FamilyWriter& operator=(const FamilyWriter&) = delete;

  // The samples that follow are of this family; one without samples is not there at all.
  void family(const char* name, const char* help, MetricType type);  // Counter or Gauge

  // Counts above 2^53 lose their last digits, as Prometheus' own numbers do.
  template <class T>
  void sample(const Labels& labels, const Labels& more, T value) {
    add(labels, more, static_cast<double>(value));
  }

 private:
  void add(const Labels& labels, const Labels& more, double value);
  void flush();

  std::ostream& out_;
  std::vector<prometheus::MetricFamily> family_;  // none or one
};

}  // namespace jaild::metrics
