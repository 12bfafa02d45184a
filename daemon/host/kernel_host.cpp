#include "daemon/host/kernel_host.h"

#include <csignal>
#include <system_error>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

#include "daemon/host/monitor_exec.h"

namespace jaild::host {
namespace {

// Most of what they do is short; what waits (a jail that does not die, a monitor that does not answer) is bounded by 80
// s, a program of the base system by 60 s.
constexpr int pool_threads = 4;
constexpr std::size_t pool_queue_max = 20'000;  // two for each of the 10,000 jails a daemon is meant for

// Sent to the jail's monitor at once; the others may block and are for the pool.
bool is_for_monitor(const Op& op) {
  return std::holds_alternative<Run>(op.what) || std::holds_alternative<Cancel>(op.what) ||
         std::holds_alternative<StartMain>(op.what) || std::holds_alternative<Terminate>(op.what);
}

Result<Reply> reply(const Result<void>& done) {
  if (!done) return Fail(done.error());
  return Reply(Nothing{});
}
template <class Value>
Result<Reply> reply(Result<Value> value) {
  if (!value) return Fail(value.error());
  return Reply(std::move(*value));
}

// Who carries out which operation.
struct Carry {
  JailOperations& jails;
  MonitorLink& link;
  MonitorCommands& commands;
  JailOperations::Done done;

  void operator()(const Resolve& op) const { done(reply(jails.resolve(op))); }
  void operator()(const OpenMonitor& op) const { done(reply(jails.open_monitor(op))); }
  void operator()(const CloseMonitor& op) const { done(reply(link.close(op.key))); }
  void operator()(const Acquire& op) const { done(reply(jails.acquire(op))); }
  void operator()(const Release& op) const { done(reply(jails.release(op))); }
  void operator()(const Create& op) const { jails.create(op, done); }
  void operator()(const Remove& op) const { done(reply(jails.remove(op))); }
  void operator()(const SetRules& op) const { done(reply(jails.set_rules(op))); }
  void operator()(const SetCpuset& op) const { done(reply(jails.set_cpuset(op))); }
  void operator()(const SetParams& op) const { done(reply(jails.set_params(op))); }
  void operator()(const Run& op) const { commands.run(op, done); }
  void operator()(const Cancel& op) const { commands.cancel(op, done); }
  void operator()(const StartMain& op) const { commands.start_main(op, done); }
  void operator()(const Terminate& op) const { commands.terminate(op, done); }
};

}  // namespace

KernelHost::KernelHost(MonitorPaths paths, MonitorLink::Handlers handlers)
    : io_(1),
      work_(boost::asio::make_work_guard(io_)),
      link_(io_, std::move(paths), std::move(handlers)),
      commands_(link_) {}

Result<void> KernelHost::begin(Sink sink) {
  sink_ = std::move(sink);
  try {
    pool_ = std::make_unique<HostPool>(pool_threads, pool_queue_max);
    thread_ = std::thread([this] {
      // A daemon's signals are for its loop.
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      io_.run();
    });
  } catch (const std::system_error& refused) {
    return Fail(Kind::unavailable, std::string("cannot start the threads for the kernel's calls: ") + refused.what());
  }
  running_ = true;
  return link_.start();
}

void KernelHost::end(const std::function<void()>& last) {
  if (!std::exchange(running_, false)) return;
  quiet_ = true;
  link_.stop();   // answers what the pool may be waiting for
  pool_->stop();  // its jobs may still need the link's thread
  boost::asio::post(io_, last);
  work_.reset();
  thread_.join();
}

void KernelHost::submit(Op op) {
  if (is_for_monitor(op)) return perform(op);
  const std::string jail = core::jail_of(op);
  const OpId id = op.id;
  if (pool_->post(jail, [this, op = std::move(op)] { perform(op); })) return;
  if (!quiet_) sink_.done(OpDone{id, Fail(Kind::overloaded, "too many operations wait for the host")});
}

void KernelHost::perform(const Op& op) {
  const auto done = [this, id = op.id](Result<Reply> result) {
    if (!quiet_) sink_.done(OpDone{id, std::move(result)});
  };
  std::visit(Carry{jails(), link_, commands_, done}, op.what);
}

void KernelHost::exec(const JailKey& key, ExecRequest request, ExecStarted done) {
  exec_by_monitor(io_, link_, key, std::move(request), std::move(done));
}

void KernelHost::tell(Event event) {
  if (!quiet_) sink_.event(std::move(event));
}

}  // namespace jaild::host
