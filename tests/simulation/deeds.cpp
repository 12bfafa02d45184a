// What happens to a simulated world: requests, what people do on the host without asking jaild, and bad luck.
#include <iterator>
#include <set>

#include "tests/simulation/simulation.h"

namespace jaild::simulation {
namespace {

using std::chrono::seconds;

// What is done by hand may hit nothing.
template <class T>
void ignore(const Result<T>&) {}

}  // namespace

void Simulation::deed() {
  const auto kind = draw(100);
  if (!engine_) {
    chance(50) ? start_daemon() : meddle();
  } else if (kind < 4) {
    write_set();
  } else if (kind < 60) {
    write();
  } else if (kind < 85) {
    meddle();
  } else {
    disturb();
  }
}

// ---- requests
// --------------------------------------------------------------------------------------------------------

void Simulation::random_hooks(JailSpec& spec) {
  for (const auto* hook : {"exec.prepare", "exec.prestart", "exec.created", "exec.poststart", "exec.prestop",
                           "exec.stop", "exec.poststop", "exec.release"}) {
    if (!chance(15)) continue;
    spec.params[hook] = std::vector<std::string>{chance(80) ? "true" : chance(50) ? "slow hook" : "false"};
  }
  if (chance(5)) spec.params["exec.timeout"] = std::int64_t{0};
}

JailSpec Simulation::random_spec(const std::string& name) {
  JailSpec spec;
  spec.params["path"] = std::string("/jail/" + name);
  const char* commands[] = {"daemon", "crash", "stubborn", "linger", "true", "false", "sleep 300"};
  if (chance(80)) spec.command = commands[draw(std::size(commands))];
  if (!spec.command || chance(30))
    spec.params["exec.start"] = std::vector<std::string>{chance(70) ? "fork 1" : "false"};
  if (chance(20)) spec.params["persist"] = true;
  random_hooks(spec);
  if (chance(30)) spec.params["mount.devfs"] = true;
  if (chance(20)) spec.params["mount"] = std::vector<std::string>{"/src /jail/" + name + "/mnt nullfs ro 0 0"};
  if (chance(30)) spec.params["ip4.addr"] = std::vector<std::string>{"em0|10.0.0." + name.substr(1) + "/24"};
  if (chance(30)) spec.params["allow.raw_sockets"] = chance(50);
  if (chance(30)) spec.rctl = {*RctlRule::parse(chance(50) ? "maxproc:deny=20" : "nthr:deny=30")};
  if (chance(20)) spec.rctl.push_back(*RctlRule::parse("memoryuse:log=1g"));
  if (chance(30)) spec.cpuset = *CpuList::parse(chance(50) ? "0-3" : "2");
  if (chance(30)) {
    const auto other = some_jail();
    if (other != name) spec.params["depend"] = std::vector<std::string>{other};
  }
  const RestartPolicy policies[] = {RestartPolicy::never, RestartPolicy::on_failure, RestartPolicy::always};
  spec.restart.policy = policies[draw(3)];
  spec.restart.max_delay = seconds{60};
  spec.restart.limit = chance(30) ? 3 : 0;
  spec.autostart = chance(70);
  spec.priority = static_cast<int>(draw(100));
  return spec;
}

void Simulation::write() {
  const auto name = some_jail();
  const auto drawn = draw(8);
  const auto spec = [&] {
    Put put{random_spec(name), std::nullopt, drawn < 2};
    if (chance(30)) put.desired = chance(70) ? Desired::running : Desired::stopped;
    return put;
  };
  const auto action = [&]() -> ChangeAction {
    switch (drawn) {
      case 0:
      case 1:
      case 2: return spec();
      case 3: return SetDesired{Desired::running};
      case 4: return SetDesired{Desired::stopped};
      case 5: return Restart{};
      case 6: return Erase{};
      default: return Adopt{};
    }
  };
  auto asked = one_change({name, action()}, {"simulation", ""});
  asked.dry_run = chance(5);
  request(std::move(asked));
}

void Simulation::request(ChangeRequest asked) {
  const auto id = ++last_request_;
  oracle_.asked(id, asked);
  for (const auto& change : asked.changes)
    say("request ", std::to_string(id), " ", std::string(verb_of(change)), " ", change.name);
  engine_->change(asked, seconds{0}, [this, id, asked](const Result<ChangeReply>& reply) {
    say("answer to request ", std::to_string(id), ": ", reply ? "ok" : reply.error().message);
    oracle_.answered(id, asked, reply);
  });
}

// Each set has a label of its own, by which the oracle knows what of it is on the disk.
void Simulation::write_set() {
  ChangeRequest set;
  set.is_set = true;
  set.who.by = "simulation";
  set.restart = chance(70);
  set.dry_run = chance(5);
  std::set<std::string> names;
  while (names.size() < 2 + draw(3)) names.insert(some_jail());
  for (const auto& name : names) {
    Put put{random_spec(name)};
    put.spec.labels = {{"group", "g"}, {"set", std::to_string(last_request_ + 1)}};
    if (chance(30)) put.desired = chance(70) ? Desired::running : Desired::stopped;
    set.changes.push_back({name, std::move(put)});
  }
  if (chance(30)) set.prune = {{"group", "g"}};
  request(std::move(set));
}

// ---- by hand
// ---------------------------------------------------------------------------------------------------------

void Simulation::meddle() {
  const auto name = some_jail();
  switch (draw(3)) {
    case 0: meddle_with_jail(name); return;
    case 1: meddle_with_limits(name); return;
    default: meddle_with_others(name); return;
  }
}

void Simulation::meddle_with_jail(const std::string& name) {
  host::sim::ByHand by_hand(*kernel_);
  switch (draw(5)) {
    case 0:
      say("jail -r ", name);
      ignore(by_hand.jail_r(name));
      return;
    case 1:
      say("pkill -9 -j ", name);
      ignore(by_hand.kill_all(name, 9));
      return;
    case 2:
      say("kill -9 monitor of ", name);
      by_hand.kill_monitor(name);
      return;
    case 3:
      // Somebody who attaches in the middle of a start is faster than any limit.
      if (const auto* jail = engine_ ? engine_->supervisor().find(name) : nullptr;
          jail != nullptr && jail->activity() == core::Activity::running) {
        say("jexec ", name);
        ignore(by_hand.jexec(name, "sleep 5"));
      }
      return;
    default:
      // A jail that is renamed and stopped before anybody could see it is nobody's any more.
      if (const auto* jail = engine_ ? engine_->supervisor().find(name) : nullptr; jail != nullptr && jail->ready()) {
        say("jail -m ", name, " name=", name, "renamed");
        if (by_hand.rename(name, name + "renamed")) oracle_.name_taken(name + "renamed");
      }
      return;
  }
}

void Simulation::meddle_with_limits(const std::string& name) {
  host::sim::ByHand by_hand(*kernel_);
  switch (draw(5)) {
    case 0:
      say("rctl -r ", name);
      ignore(by_hand.rctl_r(name));
      return;
    case 1:
      say("rctl -a ", name);
      ignore(by_hand.rctl_a(name, chance(50) ? "openfiles:deny=1000" : "pseudoterminals:deny=9"));
      return;
    case 2:
      say("cpuset -l of ", name);
      ignore(by_hand.cpuset_l(name, chance(50) ? "0" : "1-7"));
      return;
    case 3:
      say("jail -m ", name);
      ignore(by_hand.jail_m(name, {{chance(50) ? "allow.raw_sockets" : "allow.noset_hostname", true}}));
      return;
    default:
      say("umount ", name);
      ignore(by_hand.umount("/jail/" + name + "/dev", true));
      return;
  }
}

// Each jail made by hand has its own: one with the name and the root of a start that was cut off before its jid was
// known is taken for it.
std::string Simulation::new_root() {
  const auto root = "/by-hand/" + std::to_string(++last_root_);
  kernel_->paths.add(root);
  return root;
}

void Simulation::meddle_with_others(const std::string& name) {
  host::sim::ByHand by_hand(*kernel_);
  switch (draw(4)) {
    case 0: {
      const std::string other = chance(50) ? "foreign" : name;
      say("jail -c ", other);
      if (by_hand.jail_c(other, new_root())) oracle_.name_taken(other);
      return;
    }
    case 1:
      say("foreign goes");
      ignore(by_hand.jail_r("foreign"));
      return;
    case 2:
      say("jail -r and jail -c ", name);
      if (by_hand.jail_r(name) && by_hand.jail_c(name, new_root())) oracle_.name_taken(name);
      return;
    default:
      say("root of ", name, " comes or goes");
      chance(70) ? kernel_->paths.add("/jail/" + name) : kernel_->paths.remove("/jail/" + name);
      return;
  }
}

// ---- bad luck
// --------------------------------------------------------------------------------------------------------

void Simulation::disturb() {
  switch (draw(8)) {
    case 0:
    case 1: kill_daemon(); return;
    case 2:
      store_->set_full(true);
      say("disk full");
      return;
    case 3:
      store_->set_full(false);
      say("disk has room");
      return;
    case 4:
      store_->fail_next();
      say("a commit will fail");
      return;
    case 5:
      timeline_->set_wall_clock(timeline_->wall_now() + std::chrono::hours(static_cast<int>(draw(48)) - 24));
      oracle_.clock_stepped();
      say("the clock is stepped");
      return;
    case 6:
      if (!chance(20)) return;
      say("the host goes down");
      oracle_.host_goes_down(seconds{75});
      engine_->shut_down_jails(seconds{75}, [this](bool all_down) { say(all_down ? "all down" : "not all down"); });
      return;
    default:
      if (chance(30)) reboot();
      return;
  }
}

}  // namespace jaild::simulation
