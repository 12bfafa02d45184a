// System calls that a jail's processes are refused, because they would give back what the namespaces and capabilities
// took (a user namespace of one's own carries every capability over new namespaces) or reach what no namespace covers.
#pragma once

#include "api/contract/result.h"

namespace jaild::monitor {

struct SocketFamilies {
  bool any = false;     // allow.socket_af
  bool packet = false;  // with net_raw
};

// For this process and its descendants, for good. Needs no_new_privs. Refused calls fail with EPERM; clone3, whose
// flags a filter cannot see, and io_uring with ENOSYS, so that programs fall back; other socket families with
// EAFNOSUPPORT. Calls of another ABI than the one we are built for (i386, x32) fail with ENOSYS.
Result<void> refuse_system_calls(const SocketFamilies& families);

}  // namespace jaild::monitor
