#include "daemon/host/linux/linux_host.h"

#include <csignal>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/linux_check.h"
#include "daemon/host/linux/linux_profile.h"
#include "daemon/host/monitor_exec.h"
#include "daemon/host/perform.h"

namespace jaild::host {
namespace {

using std::chrono::milliseconds;

// Most of what they do is short; what waits (a jail that does not die, a monitor that does not answer) is bounded by 80
// s.
constexpr int pool_threads = 4;
constexpr std::size_t pool_queue_max = 20'000;  // two for each of the 10,000 jails a daemon is meant for

// Beyond what was asked for itself: time for a machine under load to answer.
constexpr milliseconds answer_slack{10'000};
constexpr milliseconds create_patience{30'000};  // the monitor's own default for making the mounts

}  // namespace

LinuxHost::LinuxHost(MonitorPaths paths)
    : paths_(std::move(paths)),
      tree_(CgroupTree::detect()),
      profile_(linux_profile(tree_)),
      io_(1),
      work_(boost::asio::make_work_guard(io_)),
      records_(paths_.run_dir),
      usage_(tree_),
      link_(io_, paths_,
            {.main_exited = [this](const JailKey& key, LastExit exit) { tell(MainExited{key, std::move(exit)}); },
             .empty = [this](const JailKey& key) { tell(JailEmpty{key}); },
             .gone = [this](const JailKey& key) { watch_.monitor_said(key.run); },
             .lost =
                 [this](const JailKey& key) {
                   tell(MonitorLost{key});
                   watch_.monitor_lost(key.run);
                 }}),
      commands_(link_),
      watch_(io_, {.has_monitor = [this](std::uint64_t run) { return link_.connected(run); },
                   .gone = [this](const JailKey& key) { tell(JailGone{key.name, key.jid}); }}),
      jails_(paths_, tree_, link_, usage_) {}

std::vector<FieldError> LinuxHost::check(const std::string& name, const JailSpec& spec, const std::string& base) const {
  return check_on_linux(name, spec, base, tree_);
}

Result<void> LinuxHost::start(Sink sink) {
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
  for (const JailRecord& record : records_.live()) {
    watch(JailKey{record.name, record.run, record.pid}, record.start_time);
  }
  return {};
}

void LinuxHost::stop() {
  if (!std::exchange(running_, false)) return;
  quiet_ = true;
  link_.stop();   // answers what the pool may be waiting for
  pool_->stop();  // its jobs may still need the link's thread
  boost::asio::post(io_, [this] { watch_.clear(); });
  work_.reset();
  thread_.join();
}

void LinuxHost::submit(Op op) {
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

void LinuxHost::exec(const JailKey& key, ExecRequest request, ExecStarted done) {
  if (!request.login_class.empty()) {
    const std::string detail = "Linux has no login classes";
    return done(Fail(Error{Kind::invalid, detail, 0, {{"/login_class", detail}}}));
  }
  exec_by_monitor(io_, link_, key, std::move(request), std::move(done));
}

void LinuxHost::perform(OpId id, const Resolve& op) {
  finish(id, reply(jails_.resolve(op)));
}
void LinuxHost::perform(OpId id, const OpenMonitor& op) {
  finish(id, reply(jails_.open_monitor(op)));
}
void LinuxHost::perform(OpId id, const CloseMonitor& op) {
  finish(id, reply(link_.close(op.key)));
}
void LinuxHost::perform(OpId id, const Acquire& op) {
  finish(id, reply(jails_.acquire(op)));
}
void LinuxHost::perform(OpId id, const Release& op) {
  finish(id, reply(jails_.release(op)));
}
void LinuxHost::perform(OpId id, const SetRules& op) {
  finish(id, reply(jails_.set_rules(op)));
}
void LinuxHost::perform(OpId id, const SetCpuset& op) {
  finish(id, reply(jails_.set_cpuset(op)));
}
void LinuxHost::perform(OpId id, const SetParams& op) {
  finish(id, reply(jails_.set_params(op)));
}

void LinuxHost::perform(OpId id, const Create& op) {
  auto request = jails_.create_request(op);
  if (!request) return finish(id, Fail(request.error()));
  link_.send(op.key.run, std::move(*request), create_patience + answer_slack, [this, id, key = op.key](auto answer) {
    if (!answer) return finish(id, Fail(answer.error()));
    const JailKey made{key.name, key.run, static_cast<int>(json_number(*answer, "jid"))};
    watch_.add(made, static_cast<std::uint64_t>(json_number(*answer, "start_time")));
    finish(id, Reply(Created{made.jid}));
  });
}

// Its end is then no news: nobody is told of a jail that was removed on request.
void LinuxHost::perform(OpId id, const Remove& op) {
  boost::asio::post(io_, [this, run = op.key.run] { watch_.forget(run); });
  finish(id, reply(jails_.remove(op)));
}

void LinuxHost::perform(OpId id, const Run& op) {
  commands_.run(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void LinuxHost::perform(OpId id, const core::Cancel& op) {
  commands_.cancel(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void LinuxHost::perform(OpId id, const StartMain& op) {
  commands_.start_main(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}
void LinuxHost::perform(OpId id, const Terminate& op) {
  commands_.terminate(op, [this, id](Result<Reply> result) { finish(id, std::move(result)); });
}

void LinuxHost::watch(const JailKey& key, std::uint64_t start_time) {
  boost::asio::post(io_, [this, key, start_time] { watch_.add(key, start_time); });
}

void LinuxHost::finish(OpId id, Result<Reply> result) {
  if (!quiet_) sink_.done(OpDone{id, std::move(result)});
}

void LinuxHost::tell(Event event) {
  if (!quiet_) sink_.event(std::move(event));
}

}  // namespace jaild::host
