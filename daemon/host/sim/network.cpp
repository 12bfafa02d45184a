#include "daemon/host/sim/network.h"

#include <cerrno>

#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {

int Network::where(const std::string& name) const {
  const auto found = interfaces_.find(name);
  if (found != interfaces_.end()) return found->second.jid;
  return any_ ? 0 : -1;
}

void Network::renumbered(int from, int to) {
  for (auto& [name, interface] : interfaces_) {
    if (interface.jid == from) interface.jid = to;
  }
}

void Network::jail_went(int jid) {
  renumbered(jid, 0);
}

Result<void> Network::lend(const std::string& name, int jid) {
  if (where(name) != 0) return refuse(ENXIO, "interface " + name + " is not on the host");
  Interface& interface = interfaces_[name];
  interface.jid = jid;
  interface.aliases.clear();
  return {};
}

Result<void> Network::take_back(const std::string& name, int jid) {
  if (where(name) != jid) return refuse(ENXIO, "interface " + name + " is not in jail " + std::to_string(jid));
  interfaces_[name].jid = 0;
  return {};
}

Result<Network::Added> Network::add_alias(Alias alias) {
  if (where(alias.interface) != 0) return refuse(ENXIO, "interface " + alias.interface);
  auto& aliases = interfaces_[alias.interface].aliases;
  const std::string address = alias.address;
  const bool inserted = aliases.insert_or_assign(address, std::move(alias)).second;
  return Added{!inserted};
}

Result<Alias> Network::remove_alias(const std::string& interface, const std::string& address) {
  const auto found = interfaces_.find(interface);
  if (found == interfaces_.end() || found->second.jid != 0) return refuse(ENXIO, "interface " + interface);
  const auto alias = found->second.aliases.find(address);
  if (alias == found->second.aliases.end()) return refuse(EADDRNOTAVAIL, "address " + address + " on " + interface);
  Alias removed = std::move(alias->second);
  found->second.aliases.erase(alias);
  return removed;
}

const Alias* Network::find_alias(const std::string& interface, const std::string& address) const {
  const auto found = interfaces_.find(interface);
  if (found == interfaces_.end()) return nullptr;
  const auto alias = found->second.aliases.find(address);
  return alias == found->second.aliases.end() ? nullptr : &alias->second;
}

std::vector<const Alias*> Network::aliases() const {
  std::vector<const Alias*> found;
  for (const auto& [name, interface] : interfaces_) {
    for (const auto& [address, alias] : interface.aliases) found.push_back(&alias);
  }
  return found;
}

void Network::reboot() {
  for (auto& [name, interface] : interfaces_) {
    interface.jid = 0;
    std::erase_if(interface.aliases, [](const auto& entry) { return entry.second.maker == Actor::jaild; });
  }
}

int Datasets::jail_of(const std::string& name) const {
  const auto found = datasets_.find(name);
  return found == datasets_.end() ? 0 : found->second;
}

Result<void> Datasets::attach(const std::string& name, int jid) {
  if (!exists(name)) return refuse(ENOENT, "dataset " + name);
  if (jail_of(name) != 0) return refuse(EEXIST, "dataset " + name + " is in jail " + std::to_string(jail_of(name)));
  datasets_[name] = jid;
  return {};
}

Result<void> Datasets::detach(const std::string& name, int jid) {
  if (jail_of(name) != jid) return refuse(ENOENT, "dataset " + name + " is not in jail " + std::to_string(jid));
  datasets_[name] = 0;
  return {};
}

void Datasets::renumbered(int from, int to) {
  for (auto& [name, jid] : datasets_) {
    if (jid == from) jid = to;
  }
}

void Datasets::jail_went(int jid) {
  renumbered(jid, 0);
}

void Datasets::reboot() {
  for (auto& [name, jid] : datasets_) jid = 0;
}

}  // namespace jaild::host::sim
