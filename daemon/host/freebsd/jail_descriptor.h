// Jail descriptors of FreeBSD 15: each names one jail, whoever gets its jid next. Where the kernel has none, all of
// these say so and the jid has to do. Any thread.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/core/resource.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Numbers of FreeBSD 15's sys/event.h; headers of 14 do not have them, and 14's kernel refuses the filters.
constexpr short filter_jail = -14;             // EVFILT_JAIL: the ident is a jid, 0 the host
constexpr short filter_jail_descriptor = -15;  // EVFILT_JAILDESC: the ident is a jail descriptor
constexpr unsigned note_jail_child = 0x80000000;
constexpr unsigned note_jail_set = 0x40000000;
constexpr unsigned note_jail_remove = 0x10000000;
constexpr unsigned note_jail_multi = 0x08000000;

// Not owning (its close removes nothing), close-on-exec. Without a descriptor: the kernel has none, or the jail of this
// jid is not alive or has another name.
[[nodiscard]] UniqueFd open_jail(const core::JailKey& key);

// 0, or errno; ENOENT: the jail is gone.
[[nodiscard]] int remove_jail_of(const UniqueFd& descriptor);

}  // namespace jaild::host
