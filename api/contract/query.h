// Which jails and which events are asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "api/contract/jail_status.h"

namespace jaild {

// Which jails a list shows.
struct ListQuery {
  std::optional<std::pair<std::string, std::string>> label;
  std::optional<JailState> state;
  std::string after;  // names greater than this
  std::size_t limit = 1000;
};

struct EventQuery {
  std::uint64_t after = 0;
  std::string jail;  // "" all
  std::string type;  // a word of event_type.h, which may be none; "" all
  std::size_t limit = 1000;
};

}  // namespace jaild
