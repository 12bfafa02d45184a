#include "daemon/host/linux/in_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <system_error>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

Result<void> in_namespace(int target, int type, const char* what, const std::function<Result<void>()>& job) {
  const char* const own = type == CLONE_NEWNET ? "/proc/thread-self/ns/net" : "/proc/thread-self/ns/uts";
  const UniqueFd way_back(::open(own, O_RDONLY | O_CLOEXEC));
  if (!way_back) return Fail(os_error(std::string("open ") + own, errno));
  if (::setns(target, type) != 0) return Fail(os_error(what, errno));
  auto done = job();
  if (::setns(way_back.get(), type) != 0) {
    throw std::system_error(errno, std::generic_category(), std::string("return from: ") + what);
  }
  return done;
}

}  // namespace jaild::host
