// A pipe of FreeBSD grows to 64 KiB by itself and no further, and nothing takes bytes out of it but read(2).
#include "daemon/monitor/pipes.h"

namespace jaild::monitor {

void enlarge_pipe(int /*reader*/) {}

std::size_t throw_away(int /*reader*/, std::size_t /*most*/) {
  return 0;
}

}  // namespace jaild::monitor
