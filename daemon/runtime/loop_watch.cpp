#include "daemon/runtime/loop_watch.h"

namespace jaild::runtime {

bool LoopWatch::held(const Culprit& culprit, std::chrono::nanoseconds took, core::Now now) {
  const bool stall = took > loop_stall_limit;
  if (!stall && took <= longest_) return false;
  std::string what(culprit.kind);
  if (!culprit.detail.empty()) what.append(" ").append(culprit.detail);
  const LoopHold hold{std::move(what), culprit.jail, std::chrono::duration<double>(took).count(), now.wall};
  if (took > longest_) {
    longest_ = took;
    longest_hold_ = hold;
  }
  if (!stall) return false;
  ++stalls_;
  last_.push_back(hold);
  if (last_.size() > loop_stalls_kept) last_.pop_front();
  if (now.mono < next_warning_) {
    ++unreported_;
    return true;
  }
  next_warning_ = now.mono + loop_stall_warning_interval;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  warn_("the event loop was held milliseconds=" + std::to_string(milliseconds) + " by=\"" + hold.what + "\"" +
        (hold.jail.empty() ? "" : " jail=" + hold.jail) +
        (unreported_ == 0 ? "" : " not_reported=" + std::to_string(unreported_)));
  unreported_ = 0;
  return true;
}

void LoopWatch::describe(Tasks& tasks) const {
  tasks.stall_limit_seconds = std::chrono::duration<double>(loop_stall_limit).count();
  tasks.stalls = stalls_;
  if (longest_.count() > 0) tasks.longest_hold = longest_hold_;
  tasks.last_stalls.assign(last_.begin(), last_.end());
}

}  // namespace jaild::runtime
