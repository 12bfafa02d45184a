// Who needs whom and who has which address, over a number of specs: kept beside them, so that no question has to walk
// all jails. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"

namespace jaild::core {

// The canonical addresses of a jail that shares the host's network stack, of one family; none with vnet.
std::vector<std::string> shared_addresses(const JailSpec& spec, bool v6);

class JailIndex {
 public:
  void add(const std::string& name, const JailSpec& spec);
  void remove(const std::string& name, const JailSpec& spec);  // the spec that was added
  [[nodiscard]] std::vector<std::string> dependants_of(const std::string& name) const;
  // Those that have the address and no other one of its family, or those that have others too.
  [[nodiscard]] const std::set<std::string>& users_of(const std::string& address, bool alone) const;

 private:
  using Names = std::map<std::string, std::set<std::string>>;

  Names dependants_;    // by what they need
  Names alone_with_;    // by address
  Names among_others_;  // by address
};

}  // namespace jaild::core
