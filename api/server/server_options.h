// How a server is set up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/server/access.h"
#include "api/server/limits.h"

namespace jaild::server {

struct ServerOptions {
  Access access;                       // who has which role on the Unix sockets
  std::optional<std::uint32_t> group;  // of the Unix sockets; none: the process's
  std::vector<std::string> hosts;      // names that Host may have over TCP, beside those of the loopback
  // Of requests and answers that are held at once, by all listeners together; of these one user or token may have half,
  // and a quarter is left to admins. In all more than any body and any page of a list, by far.
  std::size_t bytes = std::size_t{64} * 1024 * 1024;
  Limits limits;  // of a listener that has none of its own; stop_time is always this one
  // Descriptors that connections leave to the rest of the daemon; at most a quarter of what the process may have.
  std::size_t reserved_descriptors = 128;
  // Told, in one sentence and once for each time, when an operator should act. Loop thread.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

}  // namespace jaild::server
