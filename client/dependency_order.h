// In which order jails are declared, dependencies first, or removed, the other way round.
#pragma once

#include <string>
#include <vector>

namespace jaild::client {

struct Dependent {
  std::string name;
  std::vector<std::string> depends;
};

// Indices into `jails`, each after those it depends on. Within a loop, or on a jail that is not among them, the order
// stays as given: the daemon spells out what is wrong.
[[nodiscard]] std::vector<std::size_t> dependency_order(const std::vector<Dependent>& jails);

}  // namespace jaild::client
