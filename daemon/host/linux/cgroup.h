// The control groups of all jails: one parent `jaild` in each hierarchy that holds a controller we use, one child for
// each jail. v2 and v1 behind one small type, since both may be in use at once.
//
// The parent is made at the root of each hierarchy's mount (in a container: the container's own root), not below the
// daemon's own group: v2 allows no group with processes and children at once, and the jails must outlive the
// service manager's group for the daemon.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

enum class Controller { cpu, cpuacct, cpuset, memory, pids, io };

struct Hierarchy {
  std::string mount;  // "/sys/fs/cgroup/memory"
  bool v2 = false;
  std::vector<Controller> controllers;
};

// Any thread; holds no state but where the hierarchies are. `group` is the child's name below `jaild`.
class CgroupTree {
 public:
  // From /proc/self/mountinfo; hierarchies without a controller of ours are left out, unless there is none at all but
  // an empty v2, which then serves to know a jail's processes.
  static CgroupTree detect();
  explicit CgroupTree(std::vector<Hierarchy> hierarchies) : hierarchies_(std::move(hierarchies)) {}

  [[nodiscard]] bool empty() const { return hierarchies_.empty(); }
  [[nodiscard]] bool has(Controller controller) const { return find(controller) != nullptr; }
  [[nodiscard]] bool v2(Controller controller) const;

  // Whether groups can be made and controllers handed down; the reason where not. Leaves nothing behind.
  [[nodiscard]] Result<void> probe() const;

  // Idempotent. A failure leaves what was made; remove() takes it away.
  [[nodiscard]] Result<void> make(const std::string& group) const;
  // Idempotent; the parent goes with the last child. Kind::conflict while processes are in it at the deadline.
  [[nodiscard]] Result<void> remove(const std::string& group, std::chrono::milliseconds patience) const;

  [[nodiscard]] bool exists(const std::string& group) const;
  [[nodiscard]] std::vector<std::string> procs_files(const std::string& group) const;
  // Of the hierarchy that counts processes, else of the first: pid 1 of the jail is not in it, though it may be in
  // others. A group that is gone has none.
  [[nodiscard]] std::vector<int> pids(const std::string& group) const;
  [[nodiscard]] bool has_processes(const std::string& group) const;
  // KILL to every process in the group, in whatever hierarchy, and to no other: by descriptor, or by the kernel itself.
  // One that is just forked may be missed. Whether there was any.
  bool kill(const std::string& group) const;

  // The group's own file of a controller that has() says is there.
  [[nodiscard]] Result<std::string> read(Controller controller, const std::string& group,
                                         const std::string& file) const;
  [[nodiscard]] Result<void> write(Controller controller, const std::string& group, const std::string& file,
                                   const std::string& value) const;

  // Short texts kept with the group by the kernel (extended attributes trusted.jaild.NAME): gone when the group is. One
  // that was never set is "".
  [[nodiscard]] Result<std::string> note(const std::string& group, const std::string& name) const;
  [[nodiscard]] Result<void> set_note(const std::string& group, const std::string& name, const std::string& text) const;

 private:
  [[nodiscard]] const Hierarchy* find(Controller controller) const;
  [[nodiscard]] const Hierarchy* counting() const;  // nullptr: there are no hierarchies

  std::vector<Hierarchy> hierarchies_;
};

}  // namespace jaild::host
