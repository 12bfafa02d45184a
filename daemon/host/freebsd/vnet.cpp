#include "daemon/host/freebsd/vnet.h"

#include <sys/types.h>  // before the others, which use its types

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sockio.h>

#include <cerrno>
#include <cstring>

#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/freebsd/run_program.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

int move_interface(unsigned long request_code, const std::string& name, int jid) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) return EINVAL;
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  request.ifr_jid = jid;
  const UniqueFd socket(::socket(AF_LOCAL, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::ioctl(socket.get(), request_code, &request) == 0 ? 0 : errno;
}

}  // namespace

Result<void> lend_interface(const std::string& name, int jid) {
  const int error = move_interface(SIOCSIFVNET, name, jid);
  if (error == 0) return {};
  Error refused = os_error("give interface " + name + " to jail " + std::to_string(jid), error);
  if (error == ENXIO) {
    refused.kind = Kind::missing;
    refused.message = "interface " + name + " is not on the host";
  }
  return Fail(std::move(refused));
}

Result<void> take_interface_back(const std::string& name, int jid) {
  const int error = move_interface(SIOCSIFRVNET, name, jid);
  if (error == 0 || error == ENXIO) return {};
  return Fail(os_error("take interface " + name + " back from jail " + std::to_string(jid), error));
}

Result<void> attach_dataset(const std::string& name, int jid) {
  return run_program({"/sbin/zfs", "jail", std::to_string(jid), name});
}

Result<void> detach_dataset(const std::string& name, int jid) {
  if (!jail_name(jid, true)) return {};  // the attachment went with it
  return run_program({"/sbin/zfs", "unjail", std::to_string(jid), name});
}

}  // namespace jaild::host
