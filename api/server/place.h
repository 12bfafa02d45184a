// One address that is served: what it serves, within which bounds, and who is there.
#pragma once

#include <list>
#include <utility>

#include "api/server/address.h"
#include "api/server/limits.h"
#include "api/server/router.h"
#include "api/server/share.h"
#include "api/server/work_turns.h"

namespace jaild::server {

class Connection;

// Loop thread only. Shared by the listener and its connections.
struct Place {
  Place(Address the_address, Surface the_surface, const Limits& the_limits)
      : address(std::move(the_address)), surface(the_surface), limits(the_limits) {}

  const Address address;
  const Surface surface;
  const Limits limits;
  // Connections whose next request is not whole yet, the longest waiting first.
  std::list<Connection*> unasked;
  Shares requests;  // under way, of limits.connections
  Shares streams;   // open, of limits.streams
  WorkTurns sets;   // that are read and planned

  // Whether the kernel says who asks; over TCP a token does.
  [[nodiscard]] bool local() const { return std::holds_alternative<UnixAddress>(address); }
};

}  // namespace jaild::server
