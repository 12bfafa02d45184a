#include "daemon/host/linux/linux_host.h"

#include <csignal>
#include <type_traits>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/host/linux/jail_record.h"
#include "daemon/host/linux/linux_check.h"
#include "daemon/host/linux/linux_profile.h"
#include "daemon/monitor/protocol.h"

namespace jaild::host {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// Most of what they do is short; what waits (a jail that does not die, a monitor that does not answer) is bounded by 20
// s.
constexpr int pool_threads = 4;
constexpr std::size_t pool_queue_max = 20'000;  // two for each of the 10,000 jails a daemon is meant for

// Beyond what was asked for itself: time for a machine under load to answer.
constexpr milliseconds answer_slack{10'000};
constexpr milliseconds create_patience{30'000};  // the monitor's own default for making the mounts
constexpr milliseconds exec_patience{30'000};

json command_json(const Command& command) {
  return {{"phase", command.phase},
          {"line", command.line},
          {"in_jail", command.in_jail},
          {"user", command.user},
          {"system_user", command.system_user},
          {"clean", command.clean},
          {"fib", command.fib},
          {"console", command.console},
          {"path", command.path}};
}

Result<Reply> command_result(const Result<json>& answer) {
  if (!answer) return Fail(answer.error());
  CommandResult result;
  if (answer->contains("code")) result.code = static_cast<int>(json_number(*answer, "code"));
  result.signal = static_cast<int>(json_number(*answer, "signal"));
  result.timed_out = json_flag(*answer, "timed_out");
  return Reply(result);
}

Result<Reply> nothing(const Result<void>& done) {
  if (!done) return Fail(done.error());
  return Reply(Nothing{});
}

template <class Value>
Result<Reply> reply(Result<Value> value) {
  if (!value) return Fail(value.error());
  return Reply(std::move(*value));
}

const std::string& jail_of(const Resolve& op) {
  return op.name;
}
template <class What>
const std::string& jail_of(const What& op) {
  return op.key.name;
}

template <class What>
constexpr bool waits_for_monitor = std::is_same_v<What, Run> || std::is_same_v<What, core::Cancel> ||
                                   std::is_same_v<What, StartMain> || std::is_same_v<What, Terminate>;

}  // namespace

LinuxHost::LinuxHost(MonitorPaths paths)
    : paths_(std::move(paths)),
      tree_(CgroupTree::detect()),
      profile_(linux_profile(tree_)),
      io_(1),
      work_(boost::asio::make_work_guard(io_)),
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
  for (const JailRecord& record : live_jails(paths_.run_dir)) {
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

void LinuxHost::perform(OpId id, const Resolve& op) {
  finish(id, reply(jails_.resolve(op)));
}
void LinuxHost::perform(OpId id, const OpenMonitor& op) {
  finish(id, nothing(link_.open(op.key)));
}
void LinuxHost::perform(OpId id, const CloseMonitor& op) {
  finish(id, nothing(link_.close(op.key)));
}
void LinuxHost::perform(OpId id, const Acquire& op) {
  finish(id, reply(jails_.acquire(op)));
}
void LinuxHost::perform(OpId id, const Release& op) {
  finish(id, nothing(jails_.release(op)));
}
void LinuxHost::perform(OpId id, const SetRules& op) {
  finish(id, nothing(jails_.set_rules(op)));
}
void LinuxHost::perform(OpId id, const SetCpuset& op) {
  finish(id, nothing(jails_.set_cpuset(op)));
}
void LinuxHost::perform(OpId id, const SetParams& op) {
  finish(id, nothing(jails_.set_params(op)));
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
  finish(id, nothing(jails_.remove(op)));
}

void LinuxHost::perform(OpId id, const Run& op) {
  json command = command_json(op.command);
  command["timeout_ms"] = op.command.timeout.count();
  std::optional<milliseconds> patience;
  if (op.command.timeout.count() > 0) patience = op.command.timeout + monitor::kill_grace + answer_slack;
  link_.send(op.key.run, {{"request", "run"}, {"command", std::move(command)}}, patience,
             [this, id](Result<json> answer) { finish(id, command_result(answer)); });
}

void LinuxHost::perform(OpId id, const core::Cancel& op) {
  link_.send(op.key.run, {{"request", "cancel"}}, answer_slack, [this, id](Result<json> answer) {
    // Without a monitor there is no command either.
    if (!answer && answer.error().kind != Kind::unavailable) return finish(id, Fail(answer.error()));
    finish(id, Reply(Nothing{}));
  });
}

void LinuxHost::perform(OpId id, const StartMain& op) {
  link_.send(op.key.run, {{"request", "main"}, {"command", command_json(op.command)}}, exec_patience,
             [this, id](Result<json> answer) {
               if (!answer) return finish(id, Fail(answer.error()));
               finish(id, Reply(Nothing{}));
             });
}

void LinuxHost::perform(OpId id, const Terminate& op) {
  link_.send(op.key.run, {{"request", "terminate"}, {"timeout_ms", op.timeout.count()}}, op.timeout + answer_slack,
             [this, id](Result<json> answer) {
               if (!answer) return finish(id, Fail(answer.error()));
               finish(id, Reply(Terminated{static_cast<int>(json_number(*answer, "left"))}));
             });
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
