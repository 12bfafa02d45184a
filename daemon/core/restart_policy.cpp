#include "daemon/core/restart_policy.h"

#include <algorithm>

#include "daemon/core/deliberate_fault.h"

namespace jaild::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool wants_restart(RestartPolicy policy, Ending ending) {
  switch (policy) {
    case RestartPolicy::always: return true;
    case RestartPolicy::on_failure: return ending != Ending::success;
    case RestartPolicy::never: return ending == Ending::interrupted;
  }
  std::unreachable();
}

// The delay before jitter: `delay` after a stable run, twice the last one otherwise.
milliseconds next_delay(const RestartSettings& settings, const RestartMemory& memory, seconds ran_for) {
  const auto last = breaks(DeliberateFault::delay_reset) ? milliseconds{0} : memory.last_delay;
  const auto stable = std::max<milliseconds>(stable_run_min, 10 * last);
  if (last == milliseconds{0} || ran_for >= stable) return settings.delay;
  return std::min<milliseconds>(2 * last, settings.max_delay);
}

// Forgets starts that left the window, then says whether one more would be too many. A start that lies in the future
// is from a clock that was ahead, and nobody knows how long ago it was.
bool limit_reached(const RestartSettings& settings, RestartMemory& memory, WallTime now) {
  if (settings.limit == 0 || breaks(DeliberateFault::no_limit)) {
    memory.starts.clear();
    return false;
  }
  std::erase_if(memory.starts, [&](WallTime start) { return start > now || start + settings.window <= now; });
  return memory.starts.size() >= static_cast<std::size_t>(settings.limit);
}

}  // namespace

Verdict decide_restart(const RestartSettings& settings, RestartMemory& memory, Ending ending, seconds ran_for,
                       WallTime now, double jitter) {
  if (!wants_restart(settings.policy, ending) || breaks(DeliberateFault::never_again)) {
    memory.last_delay = milliseconds{0};
    memory.next_try_at.reset();
    return {Verdict::What::finished,
            {},
            settings.policy == RestartPolicy::never ? "restart policy is never" : "ended as it should"};
  }
  if (ending == Ending::interrupted || breaks(DeliberateFault::no_delay))
    return {Verdict::What::restart, {}, "the start was interrupted"};
  if (limit_reached(settings, memory, now)) {
    memory.gave_up = true;
    memory.next_try_at.reset();
    return {Verdict::What::gave_up,
            {},
            "gave up after " + std::to_string(settings.limit) + " restarts within " +
                std::to_string(settings.window.count()) + " s"};
  }
  const auto base = next_delay(settings, memory, ran_for);
  memory.last_delay = base;
  const auto delay = base + milliseconds{static_cast<std::int64_t>(static_cast<double>(base.count()) * 0.1 * jitter)};
  memory.next_try_at = now + delay;
  if (settings.limit > 0) memory.starts.push_back(now);
  return {Verdict::What::restart, delay, "restarts by policy"};
}

}  // namespace jaild::core
