#include "daemon/monitor/pipes.h"

#include <fcntl.h>

#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

void enlarge_pipe(int reader) {
  constexpr int size = 1024 * 1024;  // what root may ask for is not less; refused, it stays as it is
  ::fcntl(reader, F_SETPIPE_SZ, size);
}

std::size_t throw_away(int reader, std::size_t most) {
  const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!nowhere) return 0;
  const ssize_t moved = ::splice(reader, nullptr, nowhere.get(), nullptr, most, SPLICE_F_NONBLOCK);
  return moved > 0 ? static_cast<std::size_t>(moved) : 0;
}

}  // namespace jaild::monitor
