#include "daemon/metrics/family_writer.h"

#include <prometheus/text_serializer.h>

#include <string>

namespace jaild::metrics {

Labels one_label(std::string_view name, std::string_view value) {
  return {{std::string(name), std::string(value)}};
}

Labels operator+(Labels first, const Labels& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

void FamilyWriter::family(const char* name, const char* help, MetricType type) {
  flush();
  prometheus::MetricFamily& family = family_.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
}

void FamilyWriter::add(const Labels& labels, const Labels& more, double value) {
  prometheus::MetricFamily& family = family_.back();
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = labels + more;
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void FamilyWriter::flush() {
  if (!family_.empty() && !family_.back().metric.empty()) prometheus::TextSerializer().Serialize(out_, family_);
  family_.clear();
}

}  // namespace jaild::metrics
