#include "client/dependency_order.h"

#include <functional>
#include <map>
#include <queue>

namespace jaild::client {

std::vector<std::size_t> dependency_order(const std::vector<Dependent>& jails) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t at = 0; at < jails.size(); ++at) by_name.emplace(jails[at].name, at);
  std::vector<std::size_t> missing(jails.size());
  std::vector<std::vector<std::size_t>> dependants(jails.size());
  for (std::size_t at = 0; at < jails.size(); ++at) {
    for (const std::string& name : jails[at].depends) {
      const auto other = by_name.find(name);
      if (other == by_name.end()) continue;
      ++missing[at];
      dependants[other->second].push_back(at);
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  for (std::size_t at = 0; at < jails.size(); ++at) {
    if (missing[at] == 0) free.push(at);
  }
  std::vector<std::size_t> order;
  std::vector<bool> taken(jails.size());
  while (!free.empty()) {
    const std::size_t at = free.top();
    free.pop();
    taken[at] = true;
    order.push_back(at);
    for (const std::size_t dependant : dependants[at]) {
      if (--missing[dependant] == 0) free.push(dependant);
    }
  }
  for (std::size_t at = 0; at < jails.size(); ++at) {
    if (!taken[at]) order.push_back(at);
  }
  return order;
}

}  // namespace jaild::client
