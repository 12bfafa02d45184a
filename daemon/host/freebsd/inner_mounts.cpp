#include "daemon/host/freebsd/inner_mounts.h"

#include <sys/param.h>  // before the others, which use its types

#include <sys/jail.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "daemon/host/freebsd/mount_point.h"
#include "daemon/host/freebsd/mounts.h"

namespace jaild::host {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds glance{5};

// In a child of a threaded process: plain system calls only. From inside the jail the kernel itself tells whose a mount
// is: what was mounted outside is refused.
[[noreturn]] void unmount_inside(int jid, const std::vector<std::string>& ids) {
  ::closefrom(3);  // jail_attach(2) refuses open directories
  if (::jail_attach(jid) != 0) ::_exit(1);
  for (const std::string& id : ids) ::unmount(id.c_str(), MNT_BYFSID | MNT_FORCE);
  ::_exit(0);
}

void wait_for(pid_t child) {
  const auto deadline = steady_clock::now() + patience;
  while (::waitpid(child, nullptr, WNOHANG) == 0) {
    if (steady_clock::now() >= deadline) {
      ::kill(child, SIGKILL);  // stuck in the kernel, it is reaped when it comes out of there
      return;
    }
    std::this_thread::sleep_for(glance);
  }
}

}  // namespace

void unmount_inner(int jid, const std::string& path) {
  std::vector<std::string> ids;
  const auto list = mounted_file_systems();
  for (auto each = list.rbegin(); each != list.rend(); ++each) {
    const std::string place = each->f_mntonname;
    if (place == path || !is_below(path, place)) continue;
    ids.push_back("FSID:" + std::to_string(each->f_fsid.val[0]) + ":" + std::to_string(each->f_fsid.val[1]));
  }
  if (ids.empty()) return;
  const pid_t child = ::fork();
  if (child == 0) unmount_inside(jid, ids);
  if (child > 0) wait_for(child);
}

}  // namespace jaild::host
