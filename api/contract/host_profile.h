// What the host under jaild is and can enforce: read once at start-up, then constant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/contract/cpu_list.h"

namespace jaild {

struct HostProfile {
  std::string host;     // "freebsd", "linux" or "sim"
  std::string os;       // "FreeBSD", "Linux"
  std::string release;  // "15.0-RELEASE-p1"
  std::string machine;  // "amd64"
  std::string boot_id;  // changes with every boot of the machine; "" where the host cannot tell
  CpuList cpus = CpuList::first(1);
  std::uint64_t memory_bytes = 0;
  bool racct = false;                      // limits can be set and usage read
  std::string racct_hint;                  // how to switch it on, where it is off
  std::vector<std::string> kernel_params;  // the jail parameters that this kernel knows
  // Those that this host changes while a jail runs; empty: all that FreeBSD changes then.
  std::vector<std::string> live_params = {};
};

}  // namespace jaild
