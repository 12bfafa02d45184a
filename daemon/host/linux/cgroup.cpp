#include "daemon/host/linux/cgroup.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <thread>

#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/pidfd.h"

namespace jaild::host {
namespace {

constexpr const char* parent_group = "jaild";
constexpr std::size_t note_usual = 1024;
constexpr std::size_t note_max = 64 * 1024;  // XATTR_SIZE_MAX

const std::map<std::string, Controller>& v1_names() {
  static const std::map<std::string, Controller> names = {
      {"cpu", Controller::cpu},       {"cpuacct", Controller::cpuacct}, {"cpuset", Controller::cpuset},
      {"memory", Controller::memory}, {"pids", Controller::pids},       {"blkio", Controller::io}};
  return names;
}

// The name by which v2 hands a controller down; accounting of time needs none.
const char* v2_name(Controller controller) {
  switch (controller) {
    case Controller::cpu: return "cpu";
    case Controller::cpuacct: return nullptr;
    case Controller::cpuset: return "cpuset";
    case Controller::memory: return "memory";
    case Controller::pids: return "pids";
    case Controller::io: return "io";
  }
  return nullptr;
}

std::string parent_path(const Hierarchy& hierarchy) {
  return hierarchy.mount + "/" + parent_group;
}

std::string group_path(const Hierarchy& hierarchy, const std::string& group) {
  return parent_path(hierarchy) + "/" + group;
}

bool holds(const Hierarchy& hierarchy, Controller controller) {
  return std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) !=
         hierarchy.controllers.end();
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return Fail(os_error("make control group " + path, errno));
}

// v1: a new cpuset is empty, and nothing may join it before it has CPUs and memory nodes.
Result<void> inherit_cpuset(const std::string& from, const std::string& to) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    auto present = read_text(to + file);
    if (!present) return Fail(present.error());
    if (!trim(*present).empty()) continue;
    auto inherited = read_text(from + file);
    if (!inherited) return Fail(inherited.error());
    if (auto written = write_text(to + file, trim(*inherited)); !written) return written;
  }
  return {};
}

// v2: children get the controllers that the parent hands down. What is handed down already is not written again.
Result<void> hand_down(const std::string& path, const std::vector<Controller>& controllers) {
  auto present = read_text(path + "/cgroup.subtree_control");
  if (!present) return Fail(present.error());
  const auto words = split(trim(*present), ' ');
  for (const Controller controller : controllers) {
    const char* name = v2_name(controller);
    if (name == nullptr || std::find(words.begin(), words.end(), name) != words.end()) continue;
    if (auto written = write_text(path + "/cgroup.subtree_control", std::string("+") + name); !written) return written;
  }
  return {};
}

Result<void> make_parent(const Hierarchy& hierarchy) {
  const std::string parent = parent_path(hierarchy);
  if (hierarchy.v2) {
    if (auto handed = hand_down(hierarchy.mount, hierarchy.controllers); !handed) return handed;
  }
  if (auto made = make_directory(parent); !made) return made;
  if (hierarchy.v2) return hand_down(parent, hierarchy.controllers);
  if (holds(hierarchy, Controller::cpuset)) return inherit_cpuset(hierarchy.mount, parent);
  return {};
}

Result<void> make_child(const Hierarchy& hierarchy, const std::string& group) {
  const std::string path = group_path(hierarchy, group);
  if (auto made = make_directory(path); !made) return made;
  if (!hierarchy.v2 && holds(hierarchy, Controller::cpuset)) return inherit_cpuset(parent_path(hierarchy), path);
  return {};
}

// The parent goes when the last jail's child is gone, which another thread may be doing right now: then again.
Result<void> make_in(const Hierarchy& hierarchy, const std::string& group) {
  constexpr int tries_max = 16;
  Result<void> made;
  for (int i = 0; i < tries_max; ++i) {
    made = make_parent(hierarchy);
    if (made) made = make_child(hierarchy, group);
    if (made || (made.error().os_errno != ENOENT && made.error().os_errno != ENODEV)) return made;
  }
  return made;
}

Result<void> remove_in(const Hierarchy& hierarchy, const std::string& group,
                       std::chrono::steady_clock::time_point deadline) {
  const std::string path = group_path(hierarchy, group);
  // A process that was killed leaves its groups a moment after it can be waited for; nothing tells when.
  while (::rmdir(path.c_str()) != 0 && errno != ENOENT) {
    if (errno != EBUSY) return Fail(os_error("remove control group " + path, errno));
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(Kind::conflict, "control group " + path + " still holds processes", EBUSY);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::rmdir(parent_path(hierarchy).c_str());  // refused while other jails are in it
  return {};
}

std::vector<int> members(const Hierarchy& hierarchy, const std::string& group) {
  std::vector<int> found;
  auto text = read_text(group_path(hierarchy, group) + "/cgroup.procs");
  if (!text) return found;
  for (const std::string& line : split(*text, '\n')) {
    unsigned long long pid = 0;
    if (to_number(line, pid)) found.push_back(static_cast<int>(pid));
  }
  return found;
}

// A number that was read may be another process's by the time it is used. Whoever has it while we hold a descriptor of
// its process, and is listed then, is that process.
void kill_members(const Hierarchy& hierarchy, const std::string& group, const std::vector<int>& listed) {
  constexpr std::size_t held_max = 256;  // descriptors at once; the rest is for the next call
  std::map<int, UniqueFd> held;
  for (const int pid : listed) {
    if (held.size() == held_max) break;
    if (UniqueFd process = open_pidfd(pid)) held.emplace(pid, std::move(process));
  }
  for (const int pid : members(hierarchy, group)) {
    if (const auto process = held.find(pid); process != held.end()) signal_pidfd(process->second, SIGKILL);
  }
}

void add_v1(std::vector<Hierarchy>& found, const std::string& mount, const std::string& options) {
  Hierarchy hierarchy{mount, false, {}};
  for (const std::string& option : split(options, ',')) {
    const auto name = v1_names().find(option);
    if (name == v1_names().end()) continue;
    const bool known =
        std::any_of(found.begin(), found.end(), [&](const Hierarchy& other) { return holds(other, name->second); });
    if (!known) hierarchy.controllers.push_back(name->second);
  }
  if (!hierarchy.controllers.empty()) found.push_back(std::move(hierarchy));
}

void add_v2(std::vector<Hierarchy>& found, const std::string& mount) {
  Hierarchy hierarchy{mount, true, {}};
  auto text = read_text(mount + "/cgroup.controllers");
  const auto words = split(text ? trim(*text) : std::string(), ' ');
  for (const Controller controller :
       {Controller::cpu, Controller::cpuset, Controller::memory, Controller::pids, Controller::io}) {
    if (std::find(words.begin(), words.end(), v2_name(controller)) != words.end()) {
      hierarchy.controllers.push_back(controller);
    }
  }
  const bool v1_accounts =
      std::any_of(found.begin(), found.end(), [](const Hierarchy& other) { return holds(other, Controller::cpuacct); });
  if (holds(hierarchy, Controller::cpu) && !v1_accounts) hierarchy.controllers.push_back(Controller::cpuacct);
  if (!hierarchy.controllers.empty() || found.empty()) found.push_back(std::move(hierarchy));
}

}  // namespace

CgroupTree CgroupTree::detect() {
  std::vector<Hierarchy> found;
  std::string v2_mount;
  auto text = read_text("/proc/self/mountinfo");
  for (const std::string& line : split(text ? *text : std::string(), '\n')) {
    // ID PARENT MAJ:MIN ROOT MOUNT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS
    const auto words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 7 || words.end() - dash < 4) continue;
    if (*(dash + 1) == "cgroup") add_v1(found, words[4], *(dash + 3));
    if (*(dash + 1) == "cgroup2" && v2_mount.empty()) v2_mount = words[4];
  }
  if (!v2_mount.empty()) add_v2(found, v2_mount);
  return CgroupTree(std::move(found));
}

const Hierarchy* CgroupTree::find(Controller controller) const {
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (holds(hierarchy, controller)) return &hierarchy;
  }
  return nullptr;
}

bool CgroupTree::v2(Controller controller) const {
  const Hierarchy* hierarchy = find(controller);
  return hierarchy != nullptr && hierarchy->v2;
}

Result<void> CgroupTree::probe() const {
  if (hierarchies_.empty()) return Fail(Kind::missing, "no control group hierarchy is mounted");
  const std::string group = ".probe-" + std::to_string(::getpid());
  Result<void> made = make(group);
  if (auto gone = remove(group, std::chrono::seconds(1)); !gone && made) return gone;
  return made;
}

Result<void> CgroupTree::make(const std::string& group) const {
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (auto made = make_in(hierarchy, group); !made) return made;
  }
  return {};
}

Result<void> CgroupTree::remove(const std::string& group, std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (auto removed = remove_in(hierarchy, group, deadline); !removed) return removed;
  }
  return {};
}

bool CgroupTree::exists(const std::string& group) const {
  return std::all_of(hierarchies_.begin(), hierarchies_.end(), [&](const Hierarchy& hierarchy) {
    return ::access(group_path(hierarchy, group).c_str(), F_OK) == 0;
  });
}

std::vector<std::string> CgroupTree::procs_files(const std::string& group) const {
  std::vector<std::string> files;
  for (const Hierarchy& hierarchy : hierarchies_) files.push_back(group_path(hierarchy, group) + "/cgroup.procs");
  return files;
}

const Hierarchy* CgroupTree::counting() const {
  if (const Hierarchy* hierarchy = find(Controller::pids)) return hierarchy;
  return hierarchies_.empty() ? nullptr : &hierarchies_.front();
}

std::vector<int> CgroupTree::pids(const std::string& group) const {
  const Hierarchy* hierarchy = counting();
  return hierarchy == nullptr ? std::vector<int>() : members(*hierarchy, group);
}

bool CgroupTree::has_processes(const std::string& group) const {
  const Hierarchy* hierarchy = counting();
  if (hierarchy == nullptr) return false;
  const auto start = read_value(group_path(*hierarchy, group) + "/cgroup.procs");
  return start && !start->empty();
}

bool CgroupTree::kill(const std::string& group) const {
  bool any = false;
  for (const Hierarchy& hierarchy : hierarchies_) {
    const auto listed = members(hierarchy, group);
    if (listed.empty()) continue;
    any = true;
    // Linux 5.14, version 2 only.
    if (hierarchy.v2 && write_text(group_path(hierarchy, group) + "/cgroup.kill", "1")) continue;
    kill_members(hierarchy, group, listed);
  }
  return any;
}

Result<std::string> CgroupTree::read(Controller controller, const std::string& group, const std::string& file) const {
  const Hierarchy* hierarchy = find(controller);
  if (hierarchy == nullptr) return Fail(Kind::missing, "no control group has " + file);
  auto text = read_value(group_path(*hierarchy, group) + "/" + file);
  if (!text) return text;
  return trim(*text);
}

Result<void> CgroupTree::write(Controller controller, const std::string& group, const std::string& file,
                               const std::string& value) const {
  const Hierarchy* hierarchy = find(controller);
  if (hierarchy == nullptr) return Fail(Kind::missing, "no control group has " + file);
  return write_text(group_path(*hierarchy, group) + "/" + file, value + "\n");
}

Result<std::string> CgroupTree::note(const std::string& group, const std::string& name) const {
  if (hierarchies_.empty()) return Fail(Kind::missing, "no control group hierarchy is mounted");
  const std::string path = group_path(hierarchies_.front(), group);
  const std::string attribute = "trusted.jaild." + name;
  std::string text(note_usual, '\0');
  ssize_t read = ::getxattr(path.c_str(), attribute.c_str(), text.data(), text.size());
  if (read < 0 && errno == ERANGE) {
    text.resize(note_max);
    read = ::getxattr(path.c_str(), attribute.c_str(), text.data(), text.size());
  }
  if (read < 0 && errno == ENODATA) return std::string();
  if (read < 0) return Fail(os_error("read the " + name + " of " + path, errno));
  text.resize(static_cast<std::size_t>(read));
  return text;
}

Result<void> CgroupTree::set_note(const std::string& group, const std::string& name, const std::string& text) const {
  if (hierarchies_.empty()) return Fail(Kind::missing, "no control group hierarchy is mounted");
  const std::string path = group_path(hierarchies_.front(), group);
  const std::string attribute = "trusted.jaild." + name;
  if (::setxattr(path.c_str(), attribute.c_str(), text.data(), text.size(), 0) == 0) return {};
  return Fail(os_error("keep the " + name + " of " + path, errno));
}

}  // namespace jaild::host
