// All monitors of one daemon: starts them, speaks with them, tells what they note. Shared by the hosts whose jails have
// real processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/host/monitor_session.h"
#include "daemon/host/monitor_start.h"

namespace jaild::host {

// Owner: one Host, which also owns the io_context and the one thread that runs it ("the link's thread"). Every public
// function may be called from any other thread unless it says otherwise; those that wait are for the host pool.
class MonitorLink {
 public:
  using Answer = MonitorSession::Answer;
  // Called on the link's thread, in the order the monitors spoke.
  struct Handlers {
    std::function<void(const core::JailKey&, LastExit)> main_exited;
    std::function<void(const core::JailKey&)> empty;
    std::function<void(const core::JailKey&)> gone;  // Linux: pid 1 ended
    std::function<void(const core::JailKey&, const core::LogTrouble&)> log_told;
    std::function<void(const core::JailKey&)> lost;
  };

  MonitorLink(boost::asio::io_context& io, MonitorPaths paths, Handlers handlers);

  // Connects to every monitor that an earlier daemon left; commands that daemon had under way are ended, since nobody
  // waits for them. Waits at most 1.5 s for all of them together; one that is stopped (SIGSTOP) is told to go on. Who
  // still does not answer counts as the monitor of its run until 20 s are over; then it is ended and noted as lost,
  // with its run as all of the key.
  Result<void> start();
  // Every request is answered (Kind::unavailable) and nothing is noted after this returns. Monitors go on.
  void stop();

  // Starts the monitor of this run, or finds it running. Waits: at most 80 s.
  Result<void> open(const core::JailKey& key);
  // Ends it and removes its records; gone already is success. Waits: at most 25 s.
  Result<void> close(const core::JailKey& key);

  // `answer` exactly once, on the link's thread; see MonitorSession::ask.
  void send(std::uint64_t run, nlohmann::json request, std::optional<std::chrono::milliseconds> patience,
            Answer answer);
  // For a run that is being stopped: its monitor is killed unless it answers within 5 s. What it was asked is answered
  // then as if it had died.
  void end_unless_it_answers(std::uint64_t run);
  // MonitorSession::exec, on the link's thread.
  void exec(std::uint64_t run, nlohmann::json request, std::vector<UniqueFd> fds, Answer answer, Answer exited);
  // As send(), waiting for the answer.
  Result<nlohmann::json> ask(std::uint64_t run, nlohmann::json request, std::chrono::milliseconds patience);

  [[nodiscard]] std::vector<core::MonitorFacts> monitors();

  // The link's thread only.
  [[nodiscard]] bool connected(std::uint64_t run) const { return sessions_.contains(run); }

 private:
  using Sessions = std::map<std::uint64_t, std::shared_ptr<MonitorSession>>;

  Result<void> greet(const core::JailKey& key, std::chrono::milliseconds patience);
  void greet_async(const core::JailKey& key, UniqueFd socket, std::chrono::milliseconds patience,
                   std::function<void(Result<void>)> done);
  void each_silent(const std::function<void(MonitorSession&)>& deed) const;  // the link's thread only
  void greeted(MonitorSession& session, const nlohmann::json& hello);
  void noted(MonitorSession& session, const nlohmann::json& note);
  void ended(MonitorSession& session);
  void forget_files(std::uint64_t run);

  boost::asio::io_context& io_;
  const MonitorPaths paths_;
  const Handlers handlers_;
  Sessions sessions_;     // the link's thread only
  bool stopped_ = false;  // the link's thread only
};

}  // namespace jaild::host
