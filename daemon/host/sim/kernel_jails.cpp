// jail_set(2): making and changing jails, jids and names (freebsd-kernel.md 1.2, 1.4, 4.3, 4.5).
#include <algorithm>
#include <cerrno>

#include "daemon/host/sim/kernel_request.h"
#include "daemon/host/sim/monitors.h"
#include "daemon/host/sim/refusal.h"

namespace jaild::host::sim {
namespace {

constexpr std::size_t name_max = 255;  // the whole dotted name, MAXHOSTNAMELEN without the NUL

std::string last_component(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

bool all_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> check_name(const std::string& name, int jid) {
  if (name.size() > name_max) return refuse(ENAMETOOLONG, "name " + name.substr(0, 32) + "...");
  if (name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string::npos) {
    return refuse(EINVAL, "name " + name);
  }
  const std::string last = last_component(name);
  if (all_digits(last) && last != std::to_string(jid)) {
    return refuse(EINVAL, "name cannot be numeric (unless it is the jid): " + name);
  }
  return {};
}

}  // namespace

SimKernel::SimKernel(Timeline& timeline, KernelOptions options)
    : paths(options.everything_exists),
      network(options.everything_exists),
      datasets(options.everything_exists),
      timeline_(timeline),
      options_(std::move(options)),
      boot_id_(options_.boot_id),
      cpus_(CpuList::first(options_.cpus)),
      monitors_(std::make_unique<Monitors>(*this)),
      last_jid_(options_.last_jid),
      accounts_(options_.racct),
      mounts_([this](int jid) {
        const Jail* jail = find(jid);
        return jail != nullptr && !jail->pids.empty();
      }) {}

SimKernel::~SimKernel() = default;

void SimKernel::listen(KernelListener* listener) {
  listener_ = listener;
  monitors_->forget_tickets();
}

const Jail* SimKernel::find(int jid) const {
  const auto found = jails_.find(jid);
  return found == jails_.end() ? nullptr : &found->second;
}

Jail* SimKernel::find_mutable(int jid) {
  const auto found = jails_.find(jid);
  return found == jails_.end() ? nullptr : &found->second;
}

const Jail* SimKernel::find_alive(const std::string& name) const {
  const auto found = alive_.find(name);
  return found == alive_.end() ? nullptr : find(found->second);
}

void SimKernel::bind_run(int jid, std::uint64_t run) {
  if (Jail* jail = find_mutable(jid)) jail->run = run;
}

Result<int> SimKernel::jail_set(unsigned flags, const ParamList& params, Actor actor) {
  count_change(actor);
  if ((flags & ~unsigned{jail_create | jail_update}) != 0 || flags == 0) return refuse(EINVAL, "jail_set flags");
  const auto request = read_params(flags, params);
  if (!request) return Fail(request.error());
  if (flags == jail_create) return create(*request, actor);
  const Jail* present = request->jid ? find(*request->jid) : request->name ? find_alive(*request->name) : nullptr;
  const bool exists = present != nullptr && !present->dying;
  return !exists && (flags & jail_create) != 0 ? create(*request, actor) : update(*request, actor);
}

Result<int> SimKernel::choose_jid(const Request& request) const {
  std::optional<int> jid = request.jid;
  if (!jid && request.name && all_digits(*request.name) && request.name->size() <= 6) jid = std::stoi(*request.name);
  if (!jid) return 0;
  const Jail* present = find(*jid);
  if (present == nullptr) return *jid;
  if (!present->dying || !options_.renumbers_dying) {
    return refuse(EEXIST, "jail " + std::to_string(*jid) + " already exists");
  }
  return *jid;
}

int SimKernel::next_jid() const {
  int jid = last_jid_;
  for (int tries = 0; tries < jid_max; ++tries) {
    jid = jid >= jid_max ? 1 : jid + 1;
    if (!jails_.contains(jid)) return jid;
  }
  return 0;
}

// The parent of a jail called `name`; nullptr: the host.
Result<Jail*> SimKernel::parent_for(const std::string& name) {
  const std::string above = parent_name(name);
  if (above.empty()) return nullptr;
  const auto found = alive_.find(above);
  if (found == alive_.end()) return refuse(ENOENT, "jail " + above + " not found");
  Jail* parent = find_mutable(found->second);
  for (const Jail* each = parent; each != nullptr; each = find(each->parent)) {
    const auto most = static_cast<std::size_t>(number_of(value_of(each, "children.max")));
    std::size_t descendants = 0;
    std::vector<int> left = each->children;
    while (!left.empty()) {
      const Jail& child = jails_.at(left.back());
      left.pop_back();
      ++descendants;
      left.insert(left.end(), child.children.begin(), child.children.end());
    }
    if (descendants >= most) return refuse(EPERM, "prison limit exceeded: children.max of " + each->name);
  }
  return parent;
}

Result<int> SimKernel::create(const Request& request, Actor actor) {
  if (!request.persist.value_or(false)) return refuse(EINVAL, "new jail must persist or attach");
  const auto wanted = choose_jid(request);
  if (!wanted) return Fail(wanted.error());
  const int jid = *wanted != 0 ? *wanted : next_jid();
  if (jid == 0) return refuse(EAGAIN, "no available jail IDs");
  std::string name = request.name.value_or("");
  if (name.empty()) name = std::to_string(jid);
  if (const auto fine = check_name(name, jid); !fine) return Fail(fine.error());
  if (alive_.contains(name)) return refuse(EEXIST, "jail \"" + name + "\" already exists");
  const auto parent = parent_for(name);
  if (!parent) return Fail(parent.error());
  const std::string path = request.path.value_or("/");
  if (!paths.exists(path)) return refuse(ENOENT, path);
  if (const auto fine = check_values(request, *parent, nullptr); !fine) return Fail(fine.error());

  if (jails_.contains(jid)) {  // the dying one moves out of the way, downward from the top
    int free = jid_max;
    while (jails_.contains(free)) --free;
    renumber(jid, free);
  }
  if (*wanted == 0) last_jid_ = jid;
  Jail& jail = jails_[jid];
  jail.jid = jid;
  jail.serial = ++last_serial_;
  jail.name = name;
  jail.path = path;
  jail.persist = true;
  jail.maker = actor;
  jail.cpus = *parent != nullptr ? (*parent)->cpus : cpus_;
  if (*parent != nullptr) {
    jail.parent = (*parent)->jid;
    (*parent)->children.push_back(jid);
    inherit(jail, **parent);
  }
  alive_.emplace(name, jid);
  apply(jail, request);
  accounts_.jail_came(name);
  mounts_.root_added(path, jid);
  tell_changed(actor, jail);
  return jid;
}

void SimKernel::renumber(int from, int to) {
  auto node = jails_.extract(from);
  Jail& jail = node.mapped();
  node.key() = to;
  jail.jid = to;
  for (const int pid : jail.pids) processes_.at(pid).jid = to;
  for (const int child : jail.children) jails_.at(child).parent = to;
  if (Jail* parent = find_mutable(jail.parent))
    std::replace(parent->children.begin(), parent->children.end(), from, to);
  if (const auto waits = lingering_.find(jail.serial); waits != lingering_.end()) waits->second = to;
  mounts_.root_removed(jail.path, from);
  mounts_.root_added(jail.path, to);
  mounts_.renumbered(from, to);
  network.renumbered(from, to);
  datasets.renumbered(from, to);
  jails_.insert(std::move(node));
}

Result<int> SimKernel::update(const Request& request, Actor actor) {
  if (!request.jid && !request.name) return refuse(EINVAL, "update needs jid or name");
  Jail* jail = find_mutable(request.jid ? *request.jid : alive_.contains(*request.name) ? alive_.at(*request.name) : 0);
  const std::string who = request.jid ? std::to_string(*request.jid) : *request.name;
  if (jail == nullptr) return refuse(ENOENT, "jail " + who + " not found");
  if (jail->dying) {
    if (actor == Actor::jaild) note(Finding::call_on_dying_jail, jail->name, "jail_set");
    return refuse(ENOENT, "jail " + who + " is dying");
  }
  if (actor == Actor::jaild && jail->maker != actor) note(Finding::foreign_touched, jail->name, "jail_set");
  if (const auto fine = check_values(request, find(jail->parent), jail); !fine) return Fail(fine.error());
  if (request.jid && request.name && *request.name != jail->name) {
    const std::string former = jail->name;
    if (const auto done = rename(*jail, *request.name); !done) return Fail(done.error());
    if (actor == Actor::other && listener_ != nullptr) listener_->jail_changed(former);
  }
  apply(*jail, request);
  if (request.persist) jail->persist = *request.persist;
  const int jid = jail->jid;
  tell_changed(actor, *jail);
  settle(jid);
  return jid;
}

// Rules stay with the old name, counters move (freebsd-kernel.md 5.5).
Result<void> SimKernel::rename(Jail& jail, const std::string& name) {
  if (const auto fine = check_name(name, jail.jid); !fine) return fine;
  if (parent_name(name) != parent_name(jail.name))
    return refuse(EINVAL, "cannot change the parent of jail " + jail.name);
  if (alive_.contains(name)) return refuse(EEXIST, "jail \"" + name + "\" already exists");
  const std::string former = jail.name;
  std::vector<int> left{jail.jid};
  while (!left.empty()) {
    Jail& each = jails_.at(left.back());
    left.pop_back();
    const std::string before = each.name;
    each.name = name + before.substr(former.size());
    if (!each.dying) {
      alive_.erase(before);
      alive_.emplace(each.name, each.jid);
    }
    accounts_.rename(before, each.name);
    each.expected.reset();  // the limits stayed behind, and that is not jaild's doing
    left.insert(left.end(), each.children.begin(), each.children.end());
  }
  return {};
}

void SimKernel::tell_changed(Actor actor, const Jail& jail) {
  if (actor == Actor::other && listener_ != nullptr) listener_->jail_changed(jail.name);
}

}  // namespace jaild::host::sim
