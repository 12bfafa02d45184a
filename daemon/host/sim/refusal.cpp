#include "daemon/host/sim/refusal.h"

#include <cerrno>
#include <system_error>

namespace jaild::host::sim {
namespace {

Kind kind_of(int error) {
  if (error == ENOENT || error == ENXIO) return Kind::missing;
  if (error == EDEADLK) return Kind::conflict;
  if (error == ETIMEDOUT) return Kind::timeout;
  return Kind::host_refused;
}

}  // namespace

std::unexpected<Error> refuse(int error, std::string what) {
  return Fail(kind_of(error), std::move(what) + ": " + std::generic_category().message(error), error);
}

}  // namespace jaild::host::sim
