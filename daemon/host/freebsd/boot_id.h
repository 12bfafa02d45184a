// What tells one boot of this host from the next.
#pragma once

#include <string>

namespace jaild::host {

// kern.boot_id where the kernel has it; else a mark of ours in the kernel's shared memory, which lasts exactly as long
// as the kernel does; else the boot time, which moves with the clock.
[[nodiscard]] std::string boot_id();

}  // namespace jaild::host
