#include "daemon/host/freebsd/cpusets.h"

#include <sys/param.h>  // before cpuset.h, which uses its types

#include <sys/cpuset.h>

#include <cerrno>

#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {
namespace {

CpuList list_of(const cpuset_t& set) {
  std::string text;
  for (int first = 0; first < CPU_SETSIZE; ++first) {
    if (!CPU_ISSET(first, &set)) continue;
    int last = first;
    while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set)) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(first);
    if (last > first) text += "-" + std::to_string(last);
    first = last;
  }
  auto list = CpuList::parse(text);
  return list ? std::move(*list) : CpuList::first(1);
}

// The set that processes of the host are in unless somebody gave them another.
int get_host_set(cpuset_t& set) {
  return ::cpuset_getaffinity(CPU_LEVEL_ROOT, CPU_WHICH_PID, -1, sizeof set, &set);
}

int get_jail_set(int jid, cpuset_t& set) {
  return ::cpuset_getaffinity(CPU_LEVEL_WHICH, CPU_WHICH_JAIL, jid, sizeof set, &set);
}

}  // namespace

CpuList host_cpus() {
  cpuset_t set;
  CPU_ZERO(&set);
  if (get_host_set(set) != 0) return CpuList::first(1);
  return list_of(set);
}

std::optional<CpuList> jail_cpus(int jid) {
  cpuset_t set;
  CPU_ZERO(&set);
  if (get_jail_set(jid, set) != 0) return std::nullopt;
  return list_of(set);
}

Result<void> set_jail_cpus(int jid, int parent, const std::optional<CpuList>& cpus) {
  cpuset_t set;
  CPU_ZERO(&set);
  if (cpus) {
    for (const int cpu : cpus->ids()) CPU_SET(static_cast<unsigned>(cpu), &set);
  } else if ((parent > 0 ? get_jail_set(parent, set) : get_host_set(set)) != 0) {
    return Fail(os_error("read the CPUs of the host", errno));
  }
  if (::cpuset_setaffinity(CPU_LEVEL_WHICH, CPU_WHICH_JAIL, jid, sizeof set, &set) == 0) return {};
  Error error = os_error("cpuset of jail " + std::to_string(jid), errno);
  if (error.os_errno == EDEADLK) {
    error.kind = Kind::conflict;
    error.message = "a process of the jail keeps CPUs of its own, none of which would be left to it";
  } else if (error.os_errno == EINVAL) {
    error.kind = Kind::invalid;
    error.message += ": not all of these CPUs are there";
  } else if (error.os_errno == ESRCH) {
    error.kind = Kind::not_running;
  }
  return Fail(std::move(error));
}

}  // namespace jaild::host
