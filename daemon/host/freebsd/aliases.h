// Addresses on the host's interfaces, as ifconfig(8) adds and removes them with `alias` and `-alias`. Any thread.
#pragma once

#include <string>

#include "api/contract/param_table.h"
#include "api/contract/result.h"
#include "daemon/core/resource.h"

namespace jaild::host {

// The ledger's entry for an address of a spec.
[[nodiscard]] core::LedgerEntry alias_entry(const std::string& interface, const AddressEntry& address, bool v6);

[[nodiscard]] bool has_interface(const std::string& name);
// Whether the entry's address is on its interface now.
[[nodiscard]] bool has_alias(const core::LedgerEntry& entry);

// There already: `borrowed` in the reply; adding it again would remove it for a moment. An IPv6 address is usable when
// this returns: duplicate address detection is waited for, at most 5 s.
Result<core::LedgerEntry> add_alias(core::LedgerEntry entry);
Result<void> remove_alias(const core::LedgerEntry& entry);

}  // namespace jaild::host
