// The series that are made anew for each scrape: those of the jails, and those of jaild that a Sample tells. Names and
// units as in doc/metrics.md.
#pragma once

#include "daemon/metrics/sample.h"
#include "daemon/metrics/family_writer.h"

namespace jaild::metrics {

// Families in a fixed order, jails in the order of the sample, no family without a series, no label set twice.
void write_families(const Sample& sample, FamilyWriter& writer);

}  // namespace jaild::metrics
