#include "tests/simulation/simulation.h"

#include <cerrno>
#include <cstdio>

#include "tests/simulation/faults.h"

namespace jaild::simulation {
namespace {

using std::chrono::seconds;

// After the last fault, all delays together: a start may wait for its backoff (at most 300 s), a dependency for its
// own.
constexpr std::chrono::hours convergence_max{6};

}  // namespace

Simulation::Simulation(Options options)
    : options_(options),
      random_(options.seed),
      kernel_(std::make_shared<host::sim::SimKernel>(*timeline_, host::sim::KernelOptions{})),
      faults_(std::make_shared<Faults>(random_)) {
  for (int i = 0; i < options_.jails; ++i) kernel_->paths.add("/jail/j" + std::to_string(i));
  kernel_->paths.add("/src");
  kernel_->network.add_interface("em0");
  kernel_->programs.set("crash", {seconds{40}, 3, 0, 0, 1, 0, false, false, false, {}, nullptr});
  kernel_->programs.set("stubborn", {std::nullopt, 0, 0, 1, 1, 0, true, false, false, {}, nullptr});
  kernel_->programs.set("linger", {seconds{30}, 0, 0, 0, 1, 0, false, false, false, seconds{60}, nullptr});
  kernel_->programs.set("slow hook", {seconds{20}, 0, 0, 0, 1, 0, false, false, false, {}, nullptr});
}

Simulation::~Simulation() {
  kill_daemon();
}

void Simulation::say(const std::string& line) const {
  if (options_.verbose)
    std::printf("%8.3f %s\n", std::chrono::duration<double>(timeline_->now().time_since_epoch()).count(), line.c_str());
}

void Simulation::broken(const std::string& promise) {
  if (!broken_) broken_ = promise;
  say("BROKEN " + promise);
}

// ---- the world's life
// -------------------------------------------------------------------------------------------------

void Simulation::start_daemon() {
  say("jaild starts");
  loop_ = std::make_unique<VirtualLoop>(*timeline_);
  host_ = std::make_unique<host::sim::SimHost>(timeline_, kernel_, faults_);
  engine_ = std::make_unique<runtime::Engine>(
      *loop_, *host_, store_,
      core::SupervisorOptions{{seconds{60}, seconds{30}}, 3, kernel_->boot_id(), options_.seed});
  engine_->set_observer(this);
  const bool quiet = faults_->quiet();
  faults_->set_quiet(true);  // a daemon whose first look at the kernel fails ends, and rc.d starts it again
  if (auto started = engine_->start(); !started) broken("jaild does not start: " + started.error().message);
  faults_->set_quiet(quiet);
}

void Simulation::kill_daemon() {
  if (!engine_) return;
  say("jaild is killed");
  engine_.reset();
  host_.reset();
  loop_.reset();
  // Some of what was on its way to the disk arrived, some did not; nobody hears of it.
  if (chance(50)) {
    store_.keep_waiting_unanswered();
  } else {
    store_.lose_waiting();
  }
  for (const auto& [id, name] : under_way_) {
    uncertain_.insert(name);
    for (auto& [each, known] : acknowledged_) known.desired.reset();
  }
  under_way_.clear();
}

void Simulation::reboot() {
  kill_daemon();
  say("the host reboots");
  kernel_->reboot();
  for (auto& [name, known] : acknowledged_) uncertain_.insert(name);  // autostart decides the wish now
}

bool Simulation::step() {
  const bool moved = timeline_->step();
  while (store_.waiting() > 0 && chance(80)) store_.deliver();
  look();
  return moved && !broken_;
}

std::optional<std::string> Simulation::run() {
  store_.hold();
  start_daemon();
  for (std::size_t i = 0; i < options_.steps && !broken_; ++i) {
    if (chance(25)) deed();
    step();
  }
  settle();
  return broken_;
}

void Simulation::settle() {
  say("faults stop");
  faults_->set_quiet(true);
  store_.set_full(false);
  store_.release();
  if (host_) host_->let_go();
  if (!engine_) start_daemon();
  const auto end = timeline_->now() + convergence_max;
  while (!broken_ && timeline_->next() && *timeline_->next() <= end) {
    timeline_->step();
    look();
  }
  if (!broken_) look_at_agreement();
  if (!broken_) look_at_quiet();
}

// ---- deeds
// ------------------------------------------------------------------------------------------------------------

void Simulation::deed() {
  const auto kind = draw(100);
  if (!engine_) {
    start_daemon();
  } else if (kind < 60) {
    write();
  } else if (kind < 85) {
    meddle();
  } else {
    disturb();
  }
}

JailSpec Simulation::random_spec(const std::string& name) {
  JailSpec spec;
  spec.params["path"] = std::string("/jail/" + name);
  const char* commands[] = {"daemon", "crash", "stubborn", "linger", "true", "false", "sleep 300"};
  if (chance(80)) spec.command = commands[draw(std::size(commands))];
  if (!spec.command || chance(30))
    spec.params["exec.start"] = std::vector<std::string>{chance(70) ? "fork 1" : "false"};
  if (chance(20)) spec.params["persist"] = true;
  for (const auto* hook : {"exec.prepare", "exec.prestart", "exec.created", "exec.poststart", "exec.prestop",
                           "exec.stop", "exec.poststop", "exec.release"}) {
    if (chance(15))
      spec.params[hook] = std::vector<std::string>{chance(80) ? "true" : chance(50) ? "slow hook" : "false"};
  }
  if (chance(30)) spec.params["mount.devfs"] = true;
  if (chance(20)) spec.params["mount"] = std::vector<std::string>{"/src /jail/" + name + "/mnt nullfs ro 0 0"};
  if (chance(30)) spec.params["ip4.addr"] = std::vector<std::string>{"em0|10.0.0." + name.substr(1) + "/24"};
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
  Write write;
  write.name = some_jail();
  write.by = "simulation";
  const Write::Verb verbs[] = {Write::Verb::declare, Write::Verb::declare, Write::Verb::replace, Write::Verb::start,
                               Write::Verb::stop,    Write::Verb::restart, Write::Verb::erase};
  write.verb = verbs[draw(std::size(verbs))];
  if (write.verb == Write::Verb::declare || write.verb == Write::Verb::replace) {
    write.spec = random_spec(write.name);
    if (chance(30)) write.desired = chance(70) ? Desired::running : Desired::stopped;
  }
  write.dry_run = chance(5);
  request(std::move(write));
}

void Simulation::request(Write write) {
  const auto id = ++last_request_;
  under_way_[id] = write.name;
  say("request " + std::to_string(static_cast<int>(write.verb)) + " " + write.name);
  engine_->write(write, seconds{0}, [this, id, write](Result<WriteReply> reply) {
    under_way_.erase(id);
    say("answer to " + write.name + ": " + (reply ? "ok" : reply.error().message));
    if (reply && !write.dry_run) acknowledge(write, *reply);
  });
}

void Simulation::acknowledge(const Write& write, const WriteReply& reply) {
  // Others' wishes may have been carried along; these are taken from what the daemon says of them now.
  for (const auto& [name, jail] : engine_->supervisor().jails()) {
    if (jail->record().deleting || (uncertain_.contains(name) && name != write.name)) continue;
    acknowledged_[name] = {jail->record().generation, jail->record().desired};
  }
  uncertain_.erase(write.name);
  if (reply.gone || write.verb == Write::Verb::erase) acknowledged_.erase(write.name);
}

// What people do on the host without asking jaild.
void Simulation::meddle() {
  host::sim::ByHand by_hand(*kernel_);
  const auto name = some_jail();
  const auto ignore = [](const auto& result) { return result.has_value(); };  // it may hit nothing
  switch (draw(9)) {
    case 0:
      say("jail -r " + name);
      ignore(by_hand.jail_r(name));
      break;
    case 1:
      say("pkill -9 -j " + name);
      ignore(by_hand.kill_all(name, 9));
      break;
    case 2:
      say("kill -9 monitor of " + name);
      by_hand.kill_monitor(name);
      break;
    case 3:
      say("rctl -r " + name);
      ignore(by_hand.rctl_r(name));
      break;
    case 4:
      say("umount " + name);
      ignore(by_hand.umount("/jail/" + name + "/dev", true));
      break;
    case 5:
      // Somebody who attaches in the middle of a start is faster than any limit.
      if (const auto* jail = engine_->supervisor().find(name);
          jail != nullptr && jail->activity() == core::Activity::running) {
        say("jexec " + name);
        ignore(by_hand.jexec(name, "sleep 5"));
      }
      break;
    case 6:
      say("foreign jail");
      ignore(by_hand.jail_c("foreign", "/src"));
      break;
    case 7:
      say("foreign goes");
      ignore(by_hand.jail_r("foreign"));
      break;
    default:
      say("root of " + name + " comes or goes");
      chance(70) ? kernel_->paths.add("/jail/" + name) : kernel_->paths.remove("/jail/" + name);
      break;
  }
}

// What befalls the machine.
void Simulation::disturb() {
  switch (draw(7)) {
    case 0:
    case 1: kill_daemon(); break;
    case 2:
      store_.set_full(true);
      say("disk full");
      break;
    case 3:
      store_.set_full(false);
      say("disk has room");
      break;
    case 4:
      store_.fail_commit(1 + draw(3), Kind::unavailable);
      say("a commit will fail");
      break;
    case 5:
      timeline_->set_wall_clock(timeline_->wall_now() + std::chrono::hours(static_cast<int>(draw(48)) - 24));
      say("the clock is stepped");
      break;
    default:
      if (chance(30)) reboot();
      break;
  }
}

// ---- the oracle
// -------------------------------------------------------------------------------------------------------

void Simulation::look() {
  look_at_findings();
  if (engine_) look_at_acknowledged();
}

void Simulation::look_at_findings() {
  using host::sim::Finding;
  const auto& all = kernel_->observations.all();
  for (; findings_seen_ < all.size(); ++findings_seen_) {
    const auto& seen = all[findings_seen_];
    const auto text = seen.subject + ": " + seen.detail;
    switch (seen.finding) {
      case Finding::process_without_limits: broken("P3 a process before its limits: " + text); break;
      case Finding::moment_without_limit: broken("R8.5 a moment without limit: " + text); break;
      case Finding::call_on_dying_jail: broken("R1.2 a call on a dying jail: " + text); break;
      case Finding::foreign_touched: broken("P6 foreign touched: " + text); break;
      case Finding::every_device_visible: broken("R10.1 every device visible: " + text); break;
      case Finding::alias_set_anew: broken("trap 26 an alias was set anew: " + text); break;
      case Finding::forced_under_a_jail: broken("a forced unmount under a living jail: " + text); break;
      case Finding::stale_call: break;  // planned for a jail that went meanwhile, and dropped: as it should be
    }
  }
}

// P1, as far as the daemon in memory is concerned; after a crash this is what it loaded.
void Simulation::look_at_acknowledged() {
  for (const auto& [name, known] : acknowledged_) {
    if (uncertain_.contains(name)) continue;
    const auto* jail = engine_->supervisor().find(name);
    if (jail == nullptr) {
      broken("P1 " + name + " was answered 2xx and is not there");
    } else if (jail->record().generation < known.generation) {
      broken("P1 generation " + std::to_string(known.generation) + " of " + name + " was lost");
    } else if (jail->record().generation == known.generation && known.desired &&
               jail->record().desired != *known.desired && under_way_.empty()) {
      broken("P1 the wish for " + name + " was lost");
    }
  }
}

// P7 and P5, after the faults.
void Simulation::look_at_agreement() {
  std::set<std::string> up;
  for (const auto& [name, jail] : engine_->supervisor().jails()) {
    const auto state = jail->state();
    const auto* alive = kernel_->find_alive(name);
    const auto where = name + " is " + std::string(to_string(state)) + " (" + jail->object().status.reason + ")";
    switch (state) {
      case JailState::running:
        up.insert(name);
        if (alive == nullptr) broken("R9.5 " + where + ", but the kernel has no such jail");
        break;
      case JailState::stopped:
      case JailState::failed:
        if (jail->has_run()) broken("P7 " + where + ", and its run is not over");
        break;
      case JailState::backoff: break;  // it keeps failing by itself; the kernel must not hold anything of it
      case JailState::blocked:
        if (jail->object().status.reason.empty()) broken("P7 " + name + " is blocked without a reason");
        break;
      case JailState::starting:
      case JailState::stopping: up.insert(name); break;  // `crash` and `always` go round for ever
      case JailState::foreign: broken("P6 " + where); break;
    }
  }
  for (const auto& left : kernel_->left_by_jaild(up)) broken("P5 left behind: " + left);
}

// P7: a pass over an agreed state writes nothing. Only where nothing goes round by itself.
void Simulation::look_at_quiet() {
  for (const auto& [name, jail] : engine_->supervisor().jails()) {
    const bool at_rest = jail->activity() == core::Activity::idle && !jail->wants_up() && !jail->has_run();
    const bool steady = jail->activity() == core::Activity::running && jail->run()->spec.command == "daemon";
    if (!at_rest && !steady) return;
  }
  const auto changes = kernel_->changes_by_jaild();
  const auto commits = store_.commits();
  timeline_->run_for(seconds{200});
  if (kernel_->changes_by_jaild() != changes) broken("P7 a sweep over an agreed state changed the kernel");
  if (store_.commits() != commits) broken("P7 a sweep over an agreed state wrote to the store");
}

}  // namespace jaild::simulation
