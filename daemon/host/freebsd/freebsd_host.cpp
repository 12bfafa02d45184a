#include "daemon/host/freebsd/freebsd_host.h"

#include <csignal>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/host/freebsd/freebsd_check.h"
#include "daemon/host/freebsd/freebsd_profile.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/os_error.h"
#include "daemon/host/monitor_exec.h"
#include "daemon/host/perform.h"

namespace jaild::host {
namespace {

// Most of what they do is short; what waits (a jail that does not die, a monitor that does not answer) is bounded by 80
// s, a program of the base system by 60 s.
constexpr int pool_threads = 4;
constexpr std::size_t pool_queue_max = 20'000;  // two for each of the 10,000 jails a daemon is meant for

}  // namespace

FreebsdHost::FreebsdHost(MonitorPaths paths)
    : discovered_(ParamCatalog::discover()),
      catalog_(discovered_.value_or(ParamCatalog())),
      profile_(freebsd_profile(catalog_)),
      fibs_(routing_tables()),
      run_dir_(paths.run_dir),
      io_(1),
      work_(boost::asio::make_work_guard(io_)),
      link_(io_, std::move(paths),
            {.main_exited = [this](const JailKey& key, LastExit exit) { tell(MainExited{key, std::move(exit)}); },
             .empty = [this](const JailKey& key) { became_empty(key); },
             .gone = [](const JailKey&) {},  // Linux only
             .lost = [this](const JailKey& key) { tell(MonitorLost{key}); }}),
      commands_(link_),
      watch_(catalog_, {.gone = [this](const JailKey& key) { tell(JailGone{key.name, key.jid}); },
                        .changed = [this](const std::string& name) { tell(JailChanged{name}); }}),
      devctl_(io_, [this](const LimitNotice& notice) { tell(LimitHit{notice.jail, notice.resource}); }),
      jails_(catalog_, link_, watch_, run_dir_) {}

std::vector<FieldError> FreebsdHost::check(const std::string&, const JailSpec& spec, const std::string& base) const {
  return check_on_freebsd(spec, base, profile_, catalog_, fibs_);
}

Result<void> FreebsdHost::start(Sink sink) {
  if (!discovered_) return Fail(discovered_.error());
  if (sysctl_number("security.jail.jailed").value_or(0) != 0) {
    return Fail(Kind::host_refused, "jaild is in a jail itself: it supervises jails from the host");
  }
  sink_ = std::move(sink);
  running_ = true;
  thread_ = std::thread([this] {
    // A daemon's signals are for its loop.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    io_.run();
  });
  pool_ = std::make_unique<HostPool>(pool_threads, pool_queue_max);
  if (auto linked = link_.start(); !linked) return linked;
  boost::asio::post(io_, [this, monitors = link_.monitors()] {
    watch_.start();
    for (const MonitorFacts& monitor : monitors) watch_.add(monitor.key);
    devctl_.connect();
  });
  return {};
}

void FreebsdHost::stop() {
  if (!std::exchange(running_, false)) return;
  quiet_ = true;
  link_.stop();   // answers what the pool may be waiting for
  pool_->stop();  // its jobs may still need the link's thread
  boost::asio::post(io_, [this] {
    watch_.stop();
    devctl_.close();
  });
  work_.reset();
  thread_.join();
}

void FreebsdHost::submit(Op op) {
  std::visit(
      [&](auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (waits_for_monitor<What>) {
          perform(op.id, what);
        } else {
          const std::string jail = jail_of(what);
          const OpId id = op.id;
          if (pool_->post(jail, [this, id, job = std::move(what)] { perform(id, job); })) return;
          finish(id, Fail(Kind::overloaded, "too many operations wait for the host"));
        }
      },
      op.what);
}

void FreebsdHost::exec(const JailKey& key, ExecRequest request, ExecStarted done) {
  exec_by_monitor(io_, link_, key, std::move(request), std::move(done));
}

void FreebsdHost::perform(OpId id, const Resolve& op) {
  finish(id, reply(jails_.resolve(op)));
}
void FreebsdHost::perform(OpId id, const OpenMonitor& op) {
  finish(id, reply(jails_.open_monitor(op)));
}
void FreebsdHost::perform(OpId id, const CloseMonitor& op) {
  finish(id, reply(link_.close(op.key)));
}
void FreebsdHost::perform(OpId id, const Acquire& op) {
  finish(id, reply(jails_.acquire(op)));
}
void FreebsdHost::perform(OpId id, const Release& op) {
  finish(id, reply(jails_.release(op)));
}
void FreebsdHost::perform(OpId id, const Create& op) {
  finish(id, reply(jails_.create(op)));
}
void FreebsdHost::perform(OpId id, const Remove& op) {
  finish(id, reply(jails_.remove(op)));
}
void FreebsdHost::perform(OpId id, const SetRules& op) {
  finish(id, reply(jails_.set_rules(op)));
}
void FreebsdHost::perform(OpId id, const SetCpuset& op) {
  finish(id, reply(jails_.set_cpuset(op)));
}
void FreebsdHost::perform(OpId id, const SetParams& op) {
  finish(id, reply(jails_.set_params(op)));
}

void FreebsdHost::perform(OpId id, const Run& op) {
  commands_.run(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void FreebsdHost::perform(OpId id, const core::Cancel& op) {
  commands_.cancel(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void FreebsdHost::perform(OpId id, const StartMain& op) {
  commands_.start_main(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void FreebsdHost::perform(OpId id, const Terminate& op) {
  commands_.terminate(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}

// On a kernel that does not tell of removals, this is how most of them are noticed at once.
void FreebsdHost::became_empty(const JailKey& key) {
  tell(JailEmpty{key});
  if (!watch_.works() && watch_.knows(key.jid) && jail_name(key.jid, false) != key.name) {
    tell(JailGone{key.name, key.jid});
  }
}

void FreebsdHost::finish(OpId id, Result<Reply> result) {
  if (!quiet_) sink_.done(OpDone{id, std::move(result)});
}

void FreebsdHost::tell(Event event) {
  if (!quiet_) sink_.event(std::move(event));
}

}  // namespace jaild::host
