// Which processes belong to a command that has to be ended with its children.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace jaild::monitor {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  std::uint64_t start_time = 0;  // with pid it names a process for good
  bool zombie = false;
  pid_t origin = 0;  // FreeBSD: the child of ours that it descends from, whoever is its parent now. 0: not known
};

// All of the host, as they are now. Each system reads them in its own way.
std::vector<Process> all_processes();

// Our own children, zombies included; cheap, unlike the whole list. None where each process names its origin: then
// nobody asks whose an orphan is.
std::vector<pid_t> own_children();

// KILL to the tree of `root`, also to those that it forks meanwhile. False: this kernel knows no trees.
bool kill_tree(pid_t root);

// To the process that had this number and start time when it was looked at, and to no later one.
void signal_process(pid_t pid, std::uint64_t start_time, int signal);

// Grows with every look: once a member, always a member, also after its parent has died.
class ProcessTree {
 public:
  // A process with an origin is a member if that is `root`; what follows is for the others.
  // `root` leads a session of its own. Orphans of host commands become our children: those of `reaper` that are not
  // in `bystanders` are members too; in-jail orphans go to the jail's own pid 1, so there `reaper` is 0.
  ProcessTree(pid_t root, pid_t reaper, std::set<pid_t> bystanders);

  // Of a member.
  [[nodiscard]] std::uint64_t start_time(pid_t member) const { return members_.at(member); }
  void spare(pid_t bystander) { bystanders_.insert(bystander); }

  // Members alive among `processes`: known ones, their children, and whoever is in a session that a member leads.
  std::vector<pid_t> look(const std::vector<Process>& processes);

 private:
  pid_t root_;
  pid_t reaper_;
  std::set<pid_t> bystanders_;
  std::map<pid_t, std::uint64_t> members_;  // start times
  std::set<pid_t> sessions_;
};

}  // namespace jaild::monitor
