#include "daemon/host/freebsd/devfs_rules.h"

#include <sys/types.h>  // before the others, which use its types

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/queue.h>  // before devfs.h, which uses its macros

#include <fs/devfs/devfs.h>

#include "daemon/host/unique_fd.h"

namespace jaild::host {

bool has_devfs_rules(int ruleset) {
  const UniqueFd devices(::open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  devfs_rule rule{};
  rule.dr_magic = DEVFS_MAGIC;
  rule.dr_id = static_cast<devfs_rid>(ruleset) << 16;
  return devices && ::ioctl(devices.get(), DEVFSIO_RGETNEXT, &rule) == 0 &&
         rid2rsn(rule.dr_id) == static_cast<devfs_rid>(ruleset);
}

}  // namespace jaild::host
