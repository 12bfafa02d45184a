#include "daemon/host/sim/virtual_timeline.h"

namespace jaild::host::sim {

void VirtualTimeline::go_to(Moment when) {
  if (when <= now_) return;
  wall_ += std::chrono::duration_cast<WallTime::duration>(when - now_);
  now_ = when;
}

bool VirtualTimeline::step() {
  const auto due = queue_.next();
  if (!due) return false;
  go_to(*due);
  queue_.take()();
  return true;
}

std::size_t VirtualTimeline::run_until(Moment end, std::size_t limit) {
  std::size_t ran = 0;
  for (; ran < limit; ++ran) {
    const auto due = queue_.next();
    if (!due || *due > end) {
      go_to(end);
      break;
    }
    step();
  }
  return ran;
}

}  // namespace jaild::host::sim
