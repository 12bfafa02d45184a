// The CPUs of a jail: cpuset.cpus of its control group.
#include <algorithm>
#include <cerrno>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/limits.h"

namespace jaild::host {
namespace {

Result<std::string> parent_cpus(const CgroupTree& tree) {
  return tree.read(Controller::cpuset, ".", "cpuset.cpus");
}

}  // namespace

std::optional<CpuList> cpuset_of(const CgroupTree& tree, const std::string& group) {
  if (!tree.has(Controller::cpuset)) return std::nullopt;
  const char* file = tree.v2(Controller::cpuset) ? "cpuset.cpus.effective" : "cpuset.cpus";
  const auto text = tree.read(Controller::cpuset, group, file);
  if (!text) return std::nullopt;
  auto cpus = CpuList::parse(*text);
  if (!cpus) return std::nullopt;
  return *cpus;
}

Result<void> apply_cpuset(const CgroupTree& tree, const std::string& group, const std::optional<CpuList>& cpus) {
  if (!tree.has(Controller::cpuset)) {
    if (!cpus) return {};
    return Fail(Kind::host_refused, "the control group controller cpuset is not available here");
  }
  std::string value;  // v2: empty takes what the parent has
  if (cpus) {
    value = cpus->text();
  } else if (!tree.v2(Controller::cpuset)) {
    auto all = parent_cpus(tree);
    if (!all) return Fail(all.error());
    value = *all;
  }
  if (auto written = tree.write(Controller::cpuset, group, "cpuset.cpus", value); !written) {
    Error error = written.error();
    if (error.os_errno == EBUSY || error.os_errno == ENOSPC) error = Error{Kind::conflict, error.message, EDEADLK, {}};
    // Which of these it is for a CPU that is not there depends on the version; cpuset(2) knows one.
    if (error.os_errno == EINVAL || error.os_errno == ERANGE || error.os_errno == EACCES) {
      error = Error{Kind::invalid, error.message, EINVAL, {}};
    }
    return Fail(error);
  }
  if (!cpus || cpuset_of(tree, group) == cpus) return {};
  return Fail(Kind::host_refused, "cpuset.cpus does not hold " + cpus->text() + " after it was set");
}

}  // namespace jaild::host
