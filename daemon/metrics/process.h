// jaild's own process, as Prometheus clients show it: process_*.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace jaild::metrics {

// A value that the system does not tell is left out.
std::vector<prometheus::MetricFamily> process_families();

}  // namespace jaild::metrics
