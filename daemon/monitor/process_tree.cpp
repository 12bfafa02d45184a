#include "daemon/monitor/process_tree.h"

namespace jaild::monitor {

ProcessTree::ProcessTree(pid_t root, pid_t reaper, std::set<pid_t> bystanders)
    : root_(root), reaper_(reaper), bystanders_(std::move(bystanders)), sessions_{root} {}

std::vector<pid_t> ProcessTree::look(const std::vector<Process>& processes) {
  const auto is_known = [this](pid_t pid, std::uint64_t start_time) {
    const auto found = members_.find(pid);
    return found != members_.end() && found->second == start_time;
  };
  std::set<pid_t> present;  // members among `processes`, zombies included: their children count
  // Each round adds at least one member or is the last.
  for (bool grew = true; grew;) {
    grew = false;
    for (const Process& process : processes) {
      if (present.contains(process.pid)) continue;
      const bool orphan = reaper_ != 0 && process.parent == reaper_ && !bystanders_.contains(process.pid);
      const bool seems = process.pid == root_ || orphan || is_known(process.pid, process.start_time) ||
                         present.contains(process.parent) || sessions_.contains(process.session);
      if (process.origin != 0 ? process.origin != root_ : !seems) continue;
      present.insert(process.pid);
      members_[process.pid] = process.start_time;
      if (process.session == process.pid) sessions_.insert(process.pid);
      grew = true;
    }
  }
  std::vector<pid_t> alive;
  for (const Process& process : processes) {
    if (!process.zombie && present.contains(process.pid)) alive.push_back(process.pid);
  }
  return alive;
}

}  // namespace jaild::monitor
