#include "daemon/host/linux/linux_jails.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "daemon/host/linux/bind_source.h"
#include "daemon/host/linux/in_namespace.h"
#include "daemon/host/linux/jail_mounts.h"
#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/kernel_file.h"
#include "daemon/host/linux/limits.h"
#include "daemon/host/linux/linux_check.h"
#include "daemon/host/linux/network.h"
#include "daemon/host/linux/pidfd.h"

namespace jaild::host {
namespace {

using core::JailKey;
using core::LedgerEntry;
using core::ResourceKind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds remove_patience{10};  // as operation.h promises
constexpr std::chrono::seconds release_patience{2};  // processes that are dead leave their group in microseconds
constexpr std::chrono::seconds limits_patience{10};
constexpr milliseconds kill_pause{2};
constexpr milliseconds create_patience{40'000};  // the monitor's own 30 s for making the mounts, and 10 s to say so

std::string gone(const JailKey& key) {
  return "jail " + key.name + " is gone";
}

// Kills until none is left: one that was about to fork has children that the first walk did not see.
bool kill_group(const CgroupTree& tree, const std::string& group, steady_clock::time_point deadline) {
  for (;;) {
    if (!tree.kill(group)) return true;
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kill_pause);
  }
}

std::vector<RctlRule> kept_rules(const CgroupTree& tree, const std::string& group) {
  std::vector<RctlRule> rules;
  const auto text = tree.note(group, "rules");
  for (const std::string& line : split(text ? *text : std::string(), '\n')) {
    if (auto rule = RctlRule::parse(line)) rules.push_back(std::move(*rule));
  }
  return rules;
}

nlohmann::json limits_request(const CgroupTree& tree, const std::string& group, const Limits& limits) {
  nlohmann::json request = {{"request", "limits"}, {"cgroups", tree.procs_files(group)}, {"rlimits", limits.rlimits}};
  if (limits.rlimits.empty()) request["rlimits"] = nlohmann::json::object();
  return request;
}

std::vector<std::string> capabilities(const JailSpec& spec) {
  std::vector<std::string> names;
  if (spec.flag("allow.raw_sockets")) names.emplace_back("net_raw");
  if (spec.flag("allow.reserved_ports", true)) names.emplace_back("net_bind_service");  // jail(8)'s default
  if (spec.flag("allow.chflags")) names.emplace_back("linux_immutable");
  if (spec.flag("allow.mlock")) names.emplace_back("ipc_lock");
  return names;
}

bool is_bind_entry(const FstabEntry& entry) {
  return entry.type == "nullfs" || entry.type == "bind";
}

// What a jail at `path` with these mounts can write.
std::vector<std::string> written_by(const std::string& path, const JailMounts& mounts) {
  std::vector<std::string> paths{path};
  for (const FstabEntry& entry : mounts.entries) {
    const bool read_only = std::ranges::find(entry.options, "ro") != entry.options.end();
    if (is_bind_entry(entry) && !read_only) paths.push_back(entry.source);
  }
  return paths;
}

IsTree is_tree_of(const JailTrees& trees) {
  return [&trees](const std::string& real) { return trees.contains(real); };
}

// Those that exist and cannot be had. The monitor looks again when it mounts them.
void refuse_sources(const std::string& path, const JailMounts& mounts, const JailTrees& trees,
                    std::vector<std::string>& refusals) {
  const IsTree is_tree = is_tree_of(trees);
  const auto look = [&](const std::string& source, const char* what) {
    const auto found = find_bind_source(source, what, is_tree);
    if (!found && found.error().kind != Kind::missing) refusals.push_back(found.error().message);
  };
  look(path, "path");
  for (const FstabEntry& entry : mounts.entries) {
    if (is_bind_entry(entry)) look(entry.source, "mount source");
  }
}

LedgerEntry group_entry(const std::string& name) {
  return LedgerEntry{ResourceKind::cgroup, name, {}, false};
}

const char* network_word(const JailSpec& spec) {
  switch (network_stack(spec)) {
    case NetworkStack::own: return "new";
    case NetworkStack::none: return "none";
    case NetworkStack::host: return "inherit";
  }
  return "none";
}

Result<void> set_names(int uts, const std::map<std::string, ParamValue>& params) {
  return in_namespace(uts, CLONE_NEWUTS, "enter the jail's host name", [&] {
    Result<void> done;
    for (const auto& [name, value] : params) {
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) continue;
      const int failed = name == "host.hostname" ? ::sethostname(text->data(), text->size())
                                                 : ::setdomainname(text->data(), text->size());
      if (failed != 0) done = Fail(os_error("set " + name, errno));
    }
    return done;
  });
}

}  // namespace

std::string group_of(const std::string& name, std::uint64_t run) {
  return name + "." + std::to_string(run);
}

std::vector<RctlRule> rules_in_force(const CgroupTree& tree, const std::string& group) {
  auto rules = kept_rules(tree, group);
  if (!rules.empty() && !limits_hold(tree, group, limits_of(rules))) rules.clear();
  return rules;
}

Result<void> LinuxJails::open_monitor(const core::OpenMonitor& op) {
  if (auto opened = link_.open(op.key); !opened || op.key.jid == 0) return opened;
  const std::string group = group_of(op.key.name, op.key.run);
  nlohmann::json request = limits_request(tree_, group, limits_of(kept_rules(tree_, group)));
  request["request"] = "adopt";
  request["jid"] = op.key.jid;
  auto adopted = link_.ask(op.key.run, std::move(request), limits_patience);
  // It has it already, being the first monitor; or there is nothing left to take over, which is found out soon enough.
  const bool harmless = adopted || adopted.error().kind == Kind::conflict || adopted.error().kind == Kind::not_found;
  if (!harmless) return Fail(adopted.error().in("take over the jail"));
  return {};
}

Result<core::Resolved> LinuxJails::resolve(const core::Resolve& op) {
  core::Resolved resolved;
  const std::string path = op.spec.text("path", "/");
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) resolved.missing.push_back("path " + path + " does not exist");
  // Its own tree is one before a file that it names is read.
  if (auto known = trees_.add({path}); !known) return Fail(known.error());
  auto mounts = collect_mounts(op.spec, is_tree_of(trees_));
  if (!mounts) return Fail(mounts.error());
  if (auto known = trees_.add(written_by(path, *mounts)); !known) return Fail(known.error());
  refuse_sources(path, *mounts, trees_, resolved.missing);
  auto network = plan_network(op.spec);
  if (!network) return Fail(network.error());
  for (auto* missing : {&mounts->missing, &network->missing}) {
    resolved.missing.insert(resolved.missing.end(), missing->begin(), missing->end());
  }
  resolved.before_create.push_back(group_entry(op.name));
  resolved.after_create = std::move(network->interfaces);
  return resolved;
}

// Mounts are made in the jail's own mount namespace, with the jail.
core::Resolved planned_on_linux(const std::string& name, const JailSpec& spec) {
  core::Resolved planned;
  planned.before_create.push_back(group_entry(name));
  planned.after_create = named_interfaces(spec);
  return planned;
}

Result<LedgerEntry> LinuxJails::acquire(const core::Acquire& op) {
  Result<void> acquired;
  switch (op.entry.kind) {
    case ResourceKind::cgroup: acquired = acquire_group(op.key); break;
    case ResourceKind::interface: acquired = acquire_link(op); break;
    case ResourceKind::alias:
    case ResourceKind::mount:
    case ResourceKind::dataset: acquired = Fail(Kind::internal, "Linux has no such thing: " + op.entry.id); break;
  }
  if (!acquired) return Fail(acquired.error().in(op.entry.id));
  return op.entry;
}

Result<void> LinuxJails::release(const core::Release& op) {
  if (op.entry.borrowed) return {};
  switch (op.entry.kind) {
    case ResourceKind::cgroup: return release_group(op.key, op.force);
    case ResourceKind::interface: return release_link(op);
    case ResourceKind::alias:
    case ResourceKind::mount:
    case ResourceKind::dataset: return {};  // never made here
  }
  return {};
}

// The owner is kept with the group: another jaild on this machine may count its runs as we do.
Result<void> LinuxJails::acquire_group(const JailKey& key) const {
  const std::string group = group_of(key.name, key.run);
  if (auto made = tree_.make(group); !made) return made;
  auto owner = tree_.note(group, "owner");
  if (!owner) return Fail(owner.error());
  if (owner->empty()) return tree_.set_note(group, "owner", paths_.state_dir);
  if (*owner == paths_.state_dir) return {};
  return Fail(Kind::exists, "control group jaild/" + group + " belongs to the jaild of " + *owner, EEXIST);
}

Result<void> LinuxJails::release_group(const JailKey& key, bool force) {
  const std::string group = group_of(key.name, key.run);
  const auto owner = tree_.note(group, "owner");
  if (owner && !owner->empty() && *owner != paths_.state_dir) return {};
  if (force) kill_group(tree_, group, steady_clock::now() + release_patience);
  if (auto removed = tree_.remove(group, release_patience); !removed) return removed;
  usage_.forget(group);
  forget_dead_jail(paths_.run_dir, key.name, key.run);
  const std::lock_guard lock(mutex_);
  networks_.erase(key.run);
  return {};
}

Result<UniqueFd> LinuxJails::network_of(const JailKey& key) const {
  const auto record = jail_record(paths_.run_dir, key.name);
  if (!record || record->run != key.run || !lives(*record)) return Fail(Kind::not_running, gone(key));
  UniqueFd network(::open(("/proc/" + std::to_string(record->pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  struct stat jail{};
  struct stat host{};
  if (!network || ::fstat(network.get(), &jail) != 0 || ::stat("/proc/self/ns/net", &host) != 0) {
    return Fail(os_error("open the network of jail " + key.name, errno));
  }
  if (jail.st_ino == host.st_ino) return Fail(Kind::internal, "jail " + key.name + " has the host's network");
  return network;
}

Result<void> LinuxJails::acquire_link(const core::Acquire& op) {
  auto network = network_of(op.key);
  if (!network) return Fail(network.error());
  auto acquired = acquire_interface(op.entry, network->get());
  const std::lock_guard lock(mutex_);
  if (const auto how = op.entry.detail.find("how"); how != op.entry.detail.end() && how->second == "move") {
    networks_.insert_or_assign(op.key.run, std::move(*network));
  }
  return acquired;
}

Result<void> LinuxJails::release_link(const core::Release& op) {
  int network = -1;
  UniqueFd opened;
  {
    const std::lock_guard lock(mutex_);
    if (const auto held = networks_.find(op.key.run); held != networks_.end()) network = held->second.get();
  }
  if (network < 0) {
    if (auto found = network_of(op.key)) {
      opened = std::move(*found);
      network = opened.get();
    }
  }
  return release_interface(op.entry, network);
}

Result<nlohmann::json> LinuxJails::create_request(const core::Create& op) const {
  const JailSpec& spec = op.spec;
  auto mounts = collect_mounts(spec, is_tree_of(trees_));
  if (!mounts) return Fail(mounts.error());
  if (!mounts->missing.empty()) return Fail(Kind::missing, mounts->missing.front());
  nlohmann::json list = nlohmann::json::array();
  for (const FstabEntry& entry : mounts->entries) {
    list.push_back(
        {{"source", entry.source}, {"target", entry.target}, {"type", entry.type}, {"options", entry.options}});
  }
  nlohmann::json jail = {{"path", spec.text("path", "/")},
                         {"hostname", spec.text("host.hostname")},
                         {"domainname", spec.text("host.domainname")},
                         {"net", network_word(spec)},
                         {"procfs", spec.flag("mount.procfs")},
                         {"devfs", spec.flag("mount.devfs")},
                         {"fdescfs", spec.flag("mount.fdescfs")},
                         {"mounts", std::move(list)},
                         {"caps", capabilities(spec)},
                         {"socket_af", spec.flag("allow.socket_af")},
                         {"cgroups", tree_.procs_files(group_of(op.key.name, op.key.run))}};
  return nlohmann::json{{"request", "create"}, {"jail", std::move(jail)}};
}

void LinuxJails::create(const core::Create& op, Done done) {
  auto request = create_request(op);
  if (!request) return done(Fail(request.error()));
  link_.send(op.key.run, std::move(*request), create_patience,
             [this, key = op.key, done = std::move(done)](auto answer) {
               if (!answer) return done(Fail(answer.error()));
               const JailKey made{key.name, key.run, static_cast<int>(json_number(*answer, "jid"))};
               watch_.add(made, static_cast<std::uint64_t>(json_number(*answer, "start_time")));
               done(core::Reply(core::Created{made.jid}));
             });
}

Result<void> LinuxJails::remove(const core::Remove& op) {
  watch_.forget(op.key.run);  // from here on its end is no news
  const auto deadline = steady_clock::now() + remove_patience;
  const auto record = jail_record(paths_.run_dir, op.key.name);
  if (record && record->run == op.key.run) {
    const UniqueFd process = open_pidfd(record->pid);
    // With it goes everything in its pid namespace, before the descriptor says so.
    if (process && lives(*record)) {
      signal_pidfd(process, SIGKILL);
      if (!wait_pidfd(process, remove_patience)) {
        return Fail(Kind::timeout, "the processes of jail " + op.key.name + " did not end within 10 s of SIGKILL");
      }
    }
    forget_dead_jail(paths_.run_dir, op.key.name, op.key.run);
  }
  // One that the monitor was just putting into the jail may be in the group and not yet in the namespace.
  if (kill_group(tree_, group_of(op.key.name, op.key.run), deadline)) return {};
  return Fail(Kind::timeout, "the processes of jail " + op.key.name + " did not end within 10 s of SIGKILL");
}

// Nobody but jaild sets rules here, so there are never others.
Result<core::OtherRules> LinuxJails::set_rules(const core::SetRules& op) {
  const std::string group = group_of(op.key.name, op.key.run);
  if (!tree_.exists(group)) {
    if (op.rules.empty()) return core::OtherRules{};
    return Fail(Kind::not_running, gone(op.key));
  }
  std::string text;
  for (const RctlRule& rule : op.rules) {
    if (auto problem = rule_problem(rule, tree_)) return Fail(Kind::host_refused, rule.text() + ": " + *problem);
    text += rule.text() + "\n";
  }
  const Limits before = limits_of(kept_rules(tree_, group));
  const Limits after = limits_of(op.rules);
  if (after.rlimits != before.rlimits) {
    auto told = link_.ask(op.key.run, limits_request(tree_, group, after), limits_patience);
    // Without a monitor no process can come that would need to be limited, so lifting all needs none.
    if (!told && !op.rules.empty()) return Fail(told.error().in("limits of new processes"));
    if (auto applied = apply_rlimits(tree_, group, before, after); !applied) return Fail(applied.error());
  }
  if (auto applied = apply_limits(tree_, group, after); !applied) return Fail(applied.error());
  if (auto noted = tree_.set_note(group, "rules", text); !noted) return Fail(noted.error());
  return core::OtherRules{};
}

Result<void> LinuxJails::set_cpuset(const core::SetCpuset& op) {
  const std::string group = group_of(op.key.name, op.key.run);
  if (!tree_.exists(group)) return Fail(Kind::not_running, gone(op.key));
  return apply_cpuset(tree_, group, op.cpus);
}

Result<void> LinuxJails::set_params(const core::SetParams& op) {
  for (const auto& [name, value] : op.params) {
    const std::vector<std::string> live = linux_live_params();
    if (std::ranges::find(live, name) != live.end()) continue;
    return Fail(Kind::conflict, "Linux changes " + name + " at the next start only");
  }
  const auto record = jail_record(paths_.run_dir, op.key.name);
  if (!record || record->run != op.key.run || !lives(*record)) return Fail(Kind::not_running, gone(op.key));
  const UniqueFd uts(::open(("/proc/" + std::to_string(record->pid) + "/ns/uts").c_str(), O_RDONLY | O_CLOEXEC));
  if (!uts) return Fail(os_error("open the host name of jail " + op.key.name, errno));
  return set_names(uts.get(), op.params);
}

}  // namespace jaild::host
