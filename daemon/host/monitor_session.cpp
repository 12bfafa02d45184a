#include "daemon/host/monitor_session.h"

#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "api/contract/json.h"
#include "daemon/host/pass_fds.h"
#include "daemon/monitor/protocol.h"

namespace jaild::host {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// What may wait for a monitor that does not read: two of the longest lines.
constexpr std::size_t out_max = 2 * monitor::line_max;

// Unique over restarts of the daemon, as the protocol asks: the time of the start, then a counter.
std::uint64_t next_id() {
  static std::uint64_t id = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                           std::chrono::system_clock::now().time_since_epoch())
                                                           .count())
                            << 20;
  return ++id & ((std::uint64_t{1} << 63) - 1);
}

Kind kind_named(const std::string& name) {
  static const std::map<std::string, Kind> kinds = {
      {"invalid", Kind::invalid},         {"not_found", Kind::not_found},   {"exists", Kind::exists},
      {"conflict", Kind::conflict},       {"missing", Kind::missing},       {"not_running", Kind::not_running},
      {"timeout", Kind::timeout},         {"overloaded", Kind::overloaded}, {"storage_full", Kind::storage_full},
      {"unavailable", Kind::unavailable}, {"internal", Kind::internal}};
  const auto found = kinds.find(name);
  return found == kinds.end() ? Kind::host_refused : found->second;
}

}  // namespace

std::int64_t json_number(const nlohmann::json& object, const char* name, std::int64_t otherwise) {
  const auto member = object.find(name);
  return member != object.end() && member->is_number_integer() ? member->get<std::int64_t>() : otherwise;
}

std::string json_text(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

bool json_flag(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_boolean() && member->get<bool>();
}

Error monitor_error(const nlohmann::json& answer) {
  return Error{kind_named(json_text(answer, "kind")),
               json_text(answer, "error"),
               static_cast<int>(json_number(answer, "errno")),
               {}};
}

MonitorSession::MonitorSession(asio::io_context& io, UniqueFd connected, core::JailKey session_key, Handlers handlers)
    : key(std::move(session_key)),
      io_(io),
      socket_(io, asio::local::stream_protocol(), connected.release()),
      handlers_(std::move(handlers)) {}

void MonitorSession::start() {
  error_code failed;
  socket_.non_blocking(true, failed);
  if (failed) return end(failed.message());
  read();
}

std::uint64_t MonitorSession::send(nlohmann::json request, std::optional<std::chrono::milliseconds> patience,
                                   Answer on_answer, std::vector<UniqueFd> fds) {
  const std::uint64_t id = next_id();
  request["id"] = id;
  std::string line = to_text(request) + "\n";
  if (ended_ || line.size() > monitor::line_max || out_size_ + line.size() > out_max) {
    const char* why = ended_ ? "the jail's monitor is gone" : "the jail's monitor does not read";
    asio::post(io_, [on_answer = std::move(on_answer), why] { on_answer(Fail(Kind::unavailable, why)); });
    return id;
  }
  Pending& pending = pending_[id];
  pending.answer = std::move(on_answer);
  if (patience) {
    pending.timer = std::make_unique<asio::steady_timer>(io_, *patience);
    pending.timer->async_wait([self = shared_from_this(), id](error_code error) {
      if (!error) self->answer(id, Fail(Kind::timeout, "the jail's monitor did not answer in time"));
    });
  }
  out_size_ += line.size();
  out_.push_back({std::move(line), std::move(fds)});
  if (out_.size() == 1) write();
  return id;
}

void MonitorSession::exec(nlohmann::json request, std::vector<UniqueFd> fds, Answer on_answer, Answer exited) {
  auto id = std::make_shared<std::uint64_t>(0);
  *id = send(
      std::move(request), exec_patience,
      [self = shared_from_this(), id, on_answer = std::move(on_answer),
       exited = std::move(exited)](Result<nlohmann::json> answer) {
        // Its end cannot be noted before it was answered, and both come over this connection.
        if (answer) self->execs_[*id] = exited;
        on_answer(std::move(answer));
      },
      std::move(fds));
}

void MonitorSession::note_exit(const nlohmann::json& note) {
  const auto found = execs_.find(static_cast<std::uint64_t>(json_number(note, "id")));
  if (found == execs_.end()) return;  // a former daemon's
  const Answer exited = std::move(found->second);
  execs_.erase(found);
  exited(note);
}

void MonitorSession::write() {
  if (out_.front().fds.empty()) return write_rest(0);
  std::vector<int> raw;
  for (const UniqueFd& fd : out_.front().fds) raw.push_back(fd.get());
  const std::string& text = out_.front().text;
  const ssize_t sent = send_with_fds(socket_.native_handle(), text.data(), text.size(), raw, MSG_DONTWAIT);
  if (sent > 0) {
    out_.front().fds.clear();
    return write_rest(static_cast<std::size_t>(sent));
  }
  if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
    // Not from here: who asked is still in its call.
    return asio::post(io_, [self = shared_from_this()] { self->written(asio::error::broken_pipe); });
  }
  socket_.async_wait(asio::local::stream_protocol::socket::wait_write, [self = shared_from_this()](error_code error) {
    if (self->ended_) return;
    if (error) return self->end(error.message());
    self->write();
  });
}

void MonitorSession::write_rest(std::size_t sent) {
  asio::async_write(socket_, asio::buffer(out_.front().text) + sent,
                    [self = shared_from_this()](error_code error, std::size_t) { self->written(error); });
}

void MonitorSession::written(error_code error) {
  if (ended_) return;
  if (error) return end(error.message());
  out_size_ -= out_.front().text.size();
  out_.pop_front();
  if (!out_.empty()) write();
}

// The connections of all jails are silent nearly always: none of them holds a buffer while it waits.
void MonitorSession::read() {
  socket_.async_wait(asio::local::stream_protocol::socket::wait_read, [self = shared_from_this()](error_code error) {
    if (self->ended_) return;
    std::array<char, 16 * 1024> buffer;
    const std::size_t size = error ? 0 : self->socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return self->read();
    if (error) return self->end("the jail's monitor ended");
    self->in_.append(buffer.data(), size);
    self->take_lines();
    if (self->ended_) return;
    if (self->in_.size() > monitor::line_max) return self->end("the jail's monitor sent too long a line");
    self->read();
  });
}

void MonitorSession::take_lines() {
  std::size_t begin = 0;
  for (auto end = in_.find('\n'); end != std::string::npos && !ended_; end = in_.find('\n', begin)) {
    take(in_.substr(begin, end - begin));
    begin = end + 1;
  }
  in_.erase(0, begin);
  if (in_.empty()) in_.shrink_to_fit();
}

void MonitorSession::take(const std::string& line) {
  auto message = parse_json(line);
  if (!message || !message->is_object()) return end("the jail's monitor sent something that is not its protocol");
  if (json_text(*message, "note") == "exec_exited") return note_exit(*message);
  if (message->contains("note")) return handlers_.note(*this, *message);
  const auto id = static_cast<std::uint64_t>(json_number(*message, "id"));
  if (json_flag(*message, "ok")) return answer(id, std::move(*message));
  answer(id, Fail(monitor_error(*message)));
}

void MonitorSession::answer(std::uint64_t id, Result<nlohmann::json> result) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // one that was given up, or a former daemon's
  Pending pending = std::move(found->second);
  pending_.erase(found);
  pending.answer(std::move(result));
}

void MonitorSession::end(const std::string& why) {
  if (std::exchange(ended_, true)) return;
  const auto self = shared_from_this();  // the handlers below may let go of the last reference
  error_code ignored;
  socket_.close(ignored);
  auto pending = std::move(pending_);
  pending_.clear();
  for (auto& [id, request] : pending) request.answer(Fail(Kind::unavailable, why));
  for (auto& [id, exited] : std::exchange(execs_, {})) exited(Fail(Kind::unavailable, why));
  handlers_.ended(*this);
}

}  // namespace jaild::host
