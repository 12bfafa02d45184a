// jail_set(2), jail_get(2) and jail_remove(2), as far as a supervisor needs them. Any thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"
#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/freebsd/jail_params.h"
#include "daemon/host/jail_trees.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Creates the jail, persistent and without a process, under the jid that the kernel chooses.
Result<int> create_jail(const ParamCatalog& catalog, const std::string& name, const JailSpec& spec,
                        const std::vector<std::string>& more_ip4, const std::vector<std::string>& more_ip6,
                        const JailTrees& trees);

Result<void> update_jail(const ParamCatalog& catalog, int jid, const std::map<std::string, ParamValue>& params);

// Of those that live; a dying jail of that name does not count.
[[nodiscard]] std::optional<int> find_jail(const std::string& name);
// nullopt: there is no jail of that jid, dying ones included when `dying`.
[[nodiscard]] std::optional<std::string> jail_name(int jid, bool dying);

// nullopt: it does not live, or has another name.
[[nodiscard]] std::optional<std::string> root_of_jail(const std::string& name, int jid);

// Every jail that we see, dying ones included, in the order of their jids. `params`: with all parameters that the
// kernel shows; else name, path and dying only. Rules, cpus and empty are not filled in.
Result<std::vector<core::JailFacts>> all_jails(const ParamCatalog& catalog, bool params);

// Removes the jail with its child jails and waits until none of their processes is left. Gone already: success. By its
// descriptor where there is one (jail_descriptor.h). Kind::timeout after `patience`.
Result<void> remove_jail(const ParamCatalog& catalog, const core::JailKey& key, const UniqueFd& descriptor,
                         std::chrono::milliseconds patience);

}  // namespace jaild::host
