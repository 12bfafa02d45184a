#include "daemon/core/health_policy.h"

namespace jaild::core {

HealthPolicy::Verdict HealthPolicy::feed(const HealthSettings& settings, bool ok,
                                         std::chrono::nanoseconds since_start) {
  if (ok) {
    failures_ = 0;
    if (successes_ < settings.successes) ++successes_;
    ready_ = ready_ || successes_ >= settings.successes;
    return {ready_, false};
  }
  successes_ = 0;
  if (since_start < settings.start_period) return {ready_, false};
  if (failures_ < settings.failures) ++failures_;
  if (failures_ < settings.failures) return {ready_, false};
  ready_ = false;
  return {false, settings.on_failure == HealthAction::restart};
}

}  // namespace jaild::core
