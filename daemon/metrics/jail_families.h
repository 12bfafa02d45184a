// The per-jail series of one scrape. Names and units as in doc/metrics.md.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "daemon/metrics/metrics.h"

namespace jaild::metrics {

// Families in a fixed order, jails in the order of the sample, no family without a series.
std::vector<prometheus::MetricFamily> jail_families(const Sample& sample);

}  // namespace jaild::metrics
