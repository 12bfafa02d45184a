// The simulated host for a daemon: `jaild --host sim`.
#pragma once

#include <memory>
#include <string>

#include "daemon/host/host.h"

namespace jaild::host::sim {

struct SimOptions {
  int cpus = 8;
  bool racct = true;
  std::string boot_id;  // "": a new one; the machine lives as long as the host, so each daemon finds it just booted
};

// On the wall clock, with a thread of its own. Every path, interface and dataset exists; fstab files are read from the
// real disk. Not to be destroyed inside a completion or an event.
[[nodiscard]] std::unique_ptr<Host> make_sim_host(SimOptions options = {});

}  // namespace jaild::host::sim
