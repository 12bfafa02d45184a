// What a jail has mounted itself (allow.mount). The kernel does not undo it with the jail: it would keep the jail dying
// and its root busy. Any thread.
#pragma once

#include <string>

namespace jaild::host {

// Unmounts, by force, what was mounted from inside the jail or its child jails below `path`; what the host mounted
// there stays. While the jail lives; waits at most 10 s.
void unmount_inner(int jid, const std::string& path);

}  // namespace jaild::host
