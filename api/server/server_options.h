// How a server is set up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "api/server/limits.h"

namespace jaild::server {

struct ServerOptions {
  std::uint32_t owner = 0;  // the only uid that a Unix socket serves
  Limits limits;
  // Told, in one sentence and once for each time, when an operator should act. Loop thread.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

}  // namespace jaild::server
