// Interfaces and addresses of the simulated host (facts section 8), and the ZFS datasets that jails can be given.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/sim/observations.h"

namespace jaild::host::sim {

struct Alias {
  std::string interface;
  std::string address;  // canonical text
  int prefix_length = 0;
  Actor maker = Actor::jaild;
  std::string jail;  // the jail it was made for; "" none
};

class Network {
 public:
  // `any`: every interface that is named exists; for `jaild --host sim`.
  explicit Network(bool any) : any_(any) {}

  void add_interface(const std::string& name) { interfaces_[name]; }
  void remove_interface(const std::string& name) { interfaces_.erase(name); }
  // Whether the host itself has it, not a vnet jail.
  [[nodiscard]] bool on_host(const std::string& name) const { return where(name) == 0; }
  // 0: the host; a jid: that vnet jail, alive or dying; -1: nowhere.
  [[nodiscard]] int where(const std::string& name) const;
  // The vnet jail that holds it was renumbered, or is gone: its interfaces come home, down and without addresses.
  void renumbered(int from, int to);
  void jail_went(int jid);

  // SIOCSIFVNET: the addresses are lost. ENXIO: the host does not have it.
  Result<void> lend(const std::string& name, int jid);
  // SIOCSIFRVNET. ENXIO: that jail does not have it.
  Result<void> take_back(const std::string& name, int jid);

  // SIOCAIFADDR. ENXIO: no such interface. An address that is there is taken away and added again: `anew`
  // (freebsd-kernel.md, trap 26).
  struct Added {
    bool anew = false;
  };
  Result<Added> add_alias(Alias alias);
  // SIOCDIFADDR. ENXIO: no such interface; EADDRNOTAVAIL: not this address. Returns what was removed.
  Result<Alias> remove_alias(const std::string& interface, const std::string& address);
  [[nodiscard]] const Alias* find_alias(const std::string& interface, const std::string& address) const;
  [[nodiscard]] std::vector<const Alias*> aliases() const;

  // Duplicate address detection will find that another machine on the link has `address`.
  void add_duplicate(const std::string& address) { duplicates_.insert(address); }
  [[nodiscard]] bool is_duplicate(const std::string& address) const { return duplicates_.contains(address); }

  void reboot();  // interfaces are home; what others added stands in rc.conf and is there again

 private:
  struct Interface {
    int jid = 0;
    std::map<std::string, Alias> aliases;  // by address
  };
  bool any_;
  std::map<std::string, Interface> interfaces_;
  std::set<std::string> duplicates_;
};

class Datasets {
 public:
  // `any`: every dataset that is named exists, with jailed=on.
  explicit Datasets(bool any) : any_(any) {}

  void add(const std::string& name) { datasets_[name]; }
  void remove(const std::string& name) { datasets_.erase(name); }
  [[nodiscard]] bool exists(const std::string& name) const { return any_ || datasets_.contains(name); }
  [[nodiscard]] int jail_of(const std::string& name) const;  // 0: none

  // zfs jail, zfs unjail. ENOENT: no such dataset; EEXIST: attached to a jail already, this one or another.
  Result<void> attach(const std::string& name, int jid);
  Result<void> detach(const std::string& name, int jid);
  void renumbered(int from, int to);
  void jail_went(int jid);
  void reboot();

 private:
  bool any_;
  std::map<std::string, int> datasets_;  // to the jid
};

}  // namespace jaild::host::sim
