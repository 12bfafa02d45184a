// jaild's own process, as Prometheus clients show it: process_*.
#pragma once

#include "daemon/metrics/family_writer.h"

namespace jaild::metrics {

// A value that the system does not tell is left out.
void write_process(FamilyWriter& writer);

}  // namespace jaild::metrics
