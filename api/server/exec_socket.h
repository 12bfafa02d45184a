// The WebSocket of GET /jails/{name}/exec: one command, its streams and what steers it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "api/contract/exec.h"
#include "api/server/connection.h"
#include "api/server/limits.h"
#include "api/server/service.h"

namespace jaild::server {

// Loop thread only. Lives as long as its connection, and, once its client has detached, as long as the command; the
// service and the limits outlive it. At any time it holds at most one piece of output and `exec_input_bytes` and one
// message of input: a command that floods its output, or a client that floods its input, waits for the other.
class ExecSocket : public std::enable_shared_from_this<ExecSocket> {
 public:
  using Handshake = boost::beast::http::request<boost::beast::http::buffer_body>;

  ExecSocket(std::shared_ptr<Connection> connection, Service& service, std::string jail, Requester who);

  // Answers the handshake, then until the connection ends, its client says nothing any more, or may no longer. A
  // command that still runs is hung up.
  boost::asio::awaitable<void> run(const Handshake& handshake);

 private:
  using Clock = std::chrono::steady_clock;
  struct Message {
    bool binary = false;
    std::string bytes;
  };

  // ---- from the client
  void read_next();
  void take_message(std::string_view message, bool text);
  void begin(std::string_view request);
  void begun(Result<std::shared_ptr<ExecProcess>> process);
  void control(std::string_view message);
  void feed();
  // ---- to the client
  void next_output();
  void take_event(Result<ExecEvent> event);
  void send(Message message);
  void write_next();
  void refuse(const Error& error, boost::beast::websocket::close_code code);
  void close(boost::beast::websocket::close_code code);
  void fail();
  // ---- its life
  void watch_over();
  void look();
  void ping();
  void end();

  std::shared_ptr<Connection> connection_;
  Service& service_;
  const Limits& limits_;
  const std::string jail_;
  const Requester who_;
  boost::beast::websocket::stream<Socket&> socket_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::shared_ptr<ExecProcess> process_;
  const Clock::time_point opened_;
  bool asked_ = false;             // the first message came
  std::deque<std::string> input_;  // "" its end
  std::size_t input_bytes_ = 0;
  bool feeding_ = false;
  bool input_ended_ = false;
  std::deque<Message> messages_;  // a piece of output and what is said about the command
  bool output_waits_ = false;     // a piece of output is among them, and the next is not asked for
  bool reading_ = false;
  bool writing_ = false;
  bool closing_ = false;  // after what is to be sent
  std::uint16_t close_code_ = 0;
  bool pinging_ = false;
  bool ended_ = false;
  Clock::time_point heard_;  // the last sign of life
  Clock::time_point pinged_;
  std::shared_ptr<ExecSocket> detached_;  // itself, while the command goes on without a client
};

}  // namespace jaild::server
