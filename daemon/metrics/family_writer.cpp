#include "daemon/metrics/family_writer.h"

#include <string>
#include <utility>

namespace jaild::metrics {

Labels one_label(std::string_view name, std::string_view value) {
  return {{std::string(name), std::string(value)}};
}

Labels operator+(Labels first, const Labels& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

void FamilyWriter::family(const char* name, const char* help, MetricType type) {
  if (!families_.empty() && families_.back().metric.empty()) families_.pop_back();
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  families_.push_back(std::move(family));
}

void FamilyWriter::add(const Labels& labels, const Labels& more, double value) {
  prometheus::MetricFamily& family = families_.back();
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = labels + more;
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

std::vector<prometheus::MetricFamily> FamilyWriter::take() && {
  if (!families_.empty() && families_.back().metric.empty()) families_.pop_back();
  return std::move(families_);
}

}  // namespace jaild::metrics
