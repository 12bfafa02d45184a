// What a spec needs on this host. Reads fstab files, resolves names and loads the modules that jail parameters come
// from, as jail(8) does when it reads them; changes nothing else.
#pragma once

#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/freebsd/shared_mounts.h"
#include "daemon/host/jail_trees.h"

namespace jaild::host {

// In jail(8)'s order. What the jail will be able to write is among `trees` when it returns. Kind::conflict: a jail of
// that name lives already.
Result<core::Resolved> resolve_needs(const core::Resolve& what, const ParamCatalog& catalog, const SharedMounts& shared,
                                     JailTrees& trees);

// The addresses that ip_hostname adds, canonical; empty without it. Kind::missing: the name has none.
struct HostAddresses {
  std::vector<std::string> ip4;
  std::vector<std::string> ip6;
};
Result<HostAddresses> addresses_of_hostname(const JailSpec& spec);

}  // namespace jaild::host
