// What a jail has mounted itself (allow.mount). The kernel does not undo it with the jail: it would keep the jail dying
// and its root busy. Any thread.
#pragma once

#include "daemon/core/operation.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/freebsd/shared_mounts.h"

namespace jaild::host {

// For a jail that is about to be removed: ends its processes and those of its child jails, so that nobody mounts more,
// and unmounts, by force, what was mounted from inside them. That works as well when the jail may not mount any more:
// nobody is left in it to use the right that it is given back for that. What the host mounted there stays. Does nothing
// when nothing but our own is mounted below its root. Waits at most 40 s.
void unmount_inner(const ParamCatalog& catalog, const core::JailKey& key, const SharedMounts& shared);

}  // namespace jaild::host
