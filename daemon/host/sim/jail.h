// A jail and a process as the simulated kernel keeps them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/cpu_list.h"
#include "api/contract/jail_spec.h"
#include "daemon/host/sim/observations.h"
#include "daemon/host/sim/timeline.h"

namespace jaild::host::sim {

// The limits that must be in force before a process comes into a jail, for the observer of P3.
struct Expectation {
  std::vector<RctlRule> rules;
  std::optional<CpuList> cpus;
};

struct Jail {
  int jid = 0;
  std::uint64_t serial = 0;  // never used again, as jids are
  std::string name;          // full, dotted, as the host sees it
  std::string path;
  int parent = 0;  // 0: the host
  Actor maker = Actor::other;
  bool persist = false;
  bool dying = false;
  bool settling = false;  // lost its last process; the kernel is about to see whether it dies
  Moment dying_since{};
  std::map<std::string, ParamValue> params;  // what was set or inherited; the rest has its default
  CpuList cpus = CpuList::first(1);          // its root set
  std::vector<int> pids;                     // alive
  std::vector<int> children;                 // until their last reference
  int zombies = 0;
  int references = 0;     // connections, mounts made inside
  int lent = 0;           // interfaces and datasets it may hold
  Span lingers{0};        // how long its connections outlive it
  std::uint64_t run = 0;  // of the monitor that looks after it; 0: none
  std::optional<Expectation> expected;
};

struct Process {
  int pid = 0;
  int parent = 0;
  int jid = 0;
  std::string command;
  std::string user;
  Moment started{};
  WallTime started_at{};
  TimerId end = 0;
  std::optional<Moment> ends_at;
  int threads = 1;
  int cpu_percent = 0;
  bool ignores_term = false;
  bool stuck = false;
  bool zombie = false;  // becomes one at its end
  int code = 0;         // its exit, once `ends_at` comes
  int signal = 0;
  std::uint64_t run = 0;  // of the monitor that is its parent; 0: another one
  std::vector<int> children;
  std::optional<CpuList> own_cpus;         // set by cpuset(1) or a thread library; else the jail's root set
  std::vector<std::uint64_t> extra_rules;  // of jails above its own, attached to it when they were added
};

}  // namespace jaild::host::sim
