// One connection to one jaild-monitor: lines out, lines in, each answer to the request it belongs to.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "daemon/core/operation.h"
#include "daemon/core/resource.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// From the request until the command was exec'ed, on a machine under load.
constexpr std::chrono::milliseconds exec_patience{30'000};

// Owner: MonitorLink. Everything runs on the thread of the io_context.
class MonitorSession : public std::enable_shared_from_this<MonitorSession> {
 public:
  using Answer = std::function<void(Result<nlohmann::json>)>;
  struct Handlers {
    std::function<void(MonitorSession&, const nlohmann::json&)> note;
    std::function<void(MonitorSession&)> ended;  // once; every request has been answered before
  };

  MonitorSession(boost::asio::io_context& io, UniqueFd connected, core::JailKey key, Handlers handlers);

  void start();
  // `answer` is called exactly once: with the monitor's words, Kind::timeout after `patience` (nullopt: no bound of
  // ours), or Kind::unavailable when the connection ends first.
  void ask(nlohmann::json request, std::optional<std::chrono::milliseconds> patience, Answer answer) {
    send(std::move(request), patience, std::move(answer), {});
  }
  // An `exec`, with the descriptors that belong to it. `exited` is called exactly once after an answer that it was
  // exec'ed: with the note of its end, or Kind::unavailable when the connection ends first.
  void exec(nlohmann::json request, std::vector<UniqueFd> fds, Answer answer, Answer exited);
  void end(const std::string& why);

  core::JailKey key;          // jid 0 until the jail is made
  int pid = 0;                // the monitor's, 0: not known; nobody else's while it is connected
  bool greeted = false;       // it has answered hello
  bool taken_up = false;      // it counts as the run's monitor although it has not answered yet
  bool finishing = false;     // its end is wanted
  bool main_started = false;  // as told by hello and main
  std::optional<nlohmann::json> main_exit;
  core::LogTrouble log;  // as told by hello and the last note

 private:
  struct Line {
    std::string text;
    std::vector<UniqueFd> fds;  // go with its first byte
  };
  struct Pending {
    Answer answer;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  std::uint64_t send(nlohmann::json request, std::optional<std::chrono::milliseconds> patience, Answer answer,
                     std::vector<UniqueFd> fds);
  void note_exit(const nlohmann::json& note);
  void read();
  void take_lines();
  void take(const std::string& line);
  void write();
  void write_rest(std::size_t sent);
  void written(boost::system::error_code error);
  void answer(std::uint64_t id, Result<nlohmann::json> result);

  boost::asio::io_context& io_;
  boost::asio::local::stream_protocol::socket socket_;
  Handlers handlers_;
  std::map<std::uint64_t, Pending> pending_;
  std::map<std::uint64_t, Answer> execs_;  // that run, by request
  std::deque<Line> out_;
  std::size_t out_size_ = 0;
  std::string in_;
  bool ended_ = false;
};

// What an answer of a monitor says when it is not ok.
[[nodiscard]] Error monitor_error(const nlohmann::json& answer);

// A member of a JSON object, or `otherwise` when it is absent or of another type.
[[nodiscard]] std::int64_t json_number(const nlohmann::json& object, const char* name, std::int64_t otherwise = 0);
[[nodiscard]] std::string json_text(const nlohmann::json& object, const char* name);
[[nodiscard]] bool json_flag(const nlohmann::json& object, const char* name);

}  // namespace jaild::host
