#include "daemon/core/jail_index.h"

#include "api/contract/param_table.h"
#include "daemon/core/start_order.h"

namespace jaild::core {
namespace {

void forget(std::map<std::string, std::set<std::string>>& names, const std::string& key, const std::string& name) {
  const auto entry = names.find(key);
  if (entry == names.end()) return;
  entry->second.erase(name);
  if (entry->second.empty()) names.erase(entry);
}

const std::set<std::string>& at(const std::map<std::string, std::set<std::string>>& names, const std::string& key) {
  static const std::set<std::string> nobody;
  const auto found = names.find(key);
  return found == names.end() ? nobody : found->second;
}

}  // namespace

std::vector<std::string> shared_addresses(const JailSpec& spec, bool v6) {
  std::vector<std::string> result;
  if (spec.text("vnet") == "new") return result;
  for (const auto& each : spec.list(v6 ? "ip6.addr" : "ip4.addr")) {
    if (auto entry = parse_address(each, v6)) result.push_back(entry->address);
  }
  return result;
}

void JailIndex::add(const std::string& name, const JailSpec& spec) {
  for (const auto& each : dependencies_of(name, spec)) dependants_[each].insert(name);
  for (const bool v6 : {false, true}) {
    const auto addresses = shared_addresses(spec, v6);
    for (const auto& each : addresses) (addresses.size() == 1 ? alone_with_ : among_others_)[each].insert(name);
  }
}

void JailIndex::remove(const std::string& name, const JailSpec& spec) {
  for (const auto& each : dependencies_of(name, spec)) forget(dependants_, each, name);
  for (const bool v6 : {false, true}) {
    const auto addresses = shared_addresses(spec, v6);
    for (const auto& each : addresses) forget(addresses.size() == 1 ? alone_with_ : among_others_, each, name);
  }
}

std::vector<std::string> JailIndex::dependants_of(const std::string& name) const {
  const auto& names = at(dependants_, name);
  return {names.begin(), names.end()};
}

const std::set<std::string>& JailIndex::users_of(const std::string& address, bool alone) const {
  return at(alone ? alone_with_ : among_others_, address);
}

}  // namespace jaild::core
