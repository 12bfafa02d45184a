// Faults on demand: a FaultPlan is asked at every operation, event and query. This base class never does harm; the
// simulation derives one that draws from its seed.
#pragma once

#include <string>

#include "daemon/host/host.h"
#include "daemon/host/sim/timeline.h"

namespace jaild::host::sim {

// What befalls one operation. It always completes exactly once, unless the daemon is gone by then.
struct OpFault {
  Span before{0};                  // from submit() to the effect
  Span hang{0};                    // more than 0: the effect waits for SimHost::let_go(), at most this long
  Span after{0};                   // from the effect to the completion
  int error = 0;                   // the errno it fails with; 0: it fails only where the kernel refuses
  bool done_nevertheless = false;  // with `error`: the effect happens all the same, only the answer is wrong
};

struct EventFault {
  int copies = 1;  // 0: lost; 2: comes twice
  Span delay{0};
};

enum class Query { survey, usage, processes };

// Asked inside the Timeline's callbacks; queries on the thread of their caller.
class FaultPlan {
 public:
  virtual ~FaultPlan() = default;
  virtual OpFault on_op(const Op&) { return {}; }
  virtual EventFault on_event(const Event&) { return {}; }
  // The errno with which rctl_add_rule(2) refuses this one rule of a jail; 0: it does not.
  virtual int on_rule(const std::string&, const RctlRule&) { return 0; }
  // The errno with which a query fails; 0: it does not.
  virtual int on_query(Query) { return 0; }
};

}  // namespace jaild::host::sim
