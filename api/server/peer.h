// Who is at the other end of a Unix socket, as the kernel says.
#pragma once

#include <cstdint>
#include <vector>

#include "api/contract/result.h"

namespace jaild::server {

struct Peer {
  std::uint32_t uid = 0;              // as of connect(2), and so are the groups
  std::vector<std::uint32_t> groups;  // all that the system tells: Linux every one, FreeBSD the first 16
  int pid = 0;                        // as of connect(2); for the log
  // Whether it runs in a jail, whose root has uid 0 too. True also when it cannot be told: the peer is gone, or is in
  // no process name space that we see.
  bool jailed = true;
};

// `socket` is connected and stays the caller's. Kind::host_refused in the system's words.
Result<Peer> peer_of(int socket);

}  // namespace jaild::server
