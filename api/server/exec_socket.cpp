#include "api/server/exec_socket.h"

#include <array>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/websocket.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/contract/json.h"

namespace jaild::server {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

namespace {

constexpr std::uint16_t close_code_most = 4999;  // RFC 6455, 7.4.2; Beast refuses what is reserved below it

}  // namespace

ExecSocket::ExecSocket(std::shared_ptr<Connection> connection, Service& service, std::string jail, Requester who)
    : connection_(std::move(connection)),
      service_(service),
      limits_(connection_->limits()),
      jail_(std::move(jail)),
      who_(std::move(who)),
      socket_(connection_->socket()),
      timer_(connection_->socket().get_executor()),
      opened_(Clock::now()),
      heard_(opened_),
      pinged_(opened_) {
  // Pings and silence are watch_over()'s, which knows when silence is our own doing.
  socket_.set_option(websocket::stream_base::timeout{limits_.header_time, websocket::stream_base::none(), false});
  socket_.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(boost::beast::http::field::server, "jaild"); }));
  socket_.read_message_max(limits_.exec_message_bytes);
  socket_.auto_fragment(false);  // a piece of output is one frame
}

asio::awaitable<void> ExecSocket::run(const Handshake& handshake) {
  const auto self = shared_from_this();
  socket_.control_callback([this](websocket::frame_type type, boost::beast::string_view) {
    heard_ = Clock::now();
    if (type == websocket::frame_type::close && socket_.reason().code > close_code_most) fail();
  });
  const auto [failed] = co_await socket_.async_accept(handshake, as_result);
  if (failed) co_return;
  read_next();
  watch_over();
  const auto& waiter = connection_->waiter();
  while (!ended_ && !waiter->abandoned()) {
    co_await waiter->sleep_until(Waiter::Clock::now() + limits_.exec_ping);  // each end wakes it
  }
  end();
}

// ---- from the client

void ExecSocket::read_next() {
  if (reading_ || ended_ || input_bytes_ >= limits_.exec_input_bytes) return;
  reading_ = true;
  socket_.async_read(buffer_, [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
    self->reading_ = false;
    self->heard_ = Clock::now();
    if (failed || !self->connection_->permitted()) return self->end();
    const std::string message = boost::beast::buffers_to_string(self->buffer_.data());
    self->buffer_.consume(self->buffer_.size());
    if (!self->closing_) self->take_message(message, self->socket_.got_text());
    self->read_next();
  });
}

void ExecSocket::take_message(std::string_view message, bool text) {
  if (text) return asked_ ? control(message) : begin(message);
  const bool is_input = asked_ && !message.empty() && message[0] == static_cast<char>(ExecStream::input);
  if (!is_input) {
    return refuse(
        {Kind::bad_request, "a binary message begins with a byte 0, after a first message that is text", 0, {}},
        websocket::close_code::bad_payload);
  }
  if (message.size() == 1 || input_ended_) return;
  input_.emplace_back(message.substr(1));
  input_bytes_ += message.size();
  feed();
}

void ExecSocket::begin(std::string_view request) {
  asked_ = true;
  const auto body = parse_json(request);
  auto parsed = body ? parse_exec_request(*body, ExecWay::stream) : Result<ExecRequest>(Fail(body.error()));
  if (!parsed) return refuse(parsed.error(), websocket::close_code::policy_error);
  const auto started = [weak = weak_from_this()](Result<std::shared_ptr<ExecProcess>> process) {
    // Nobody is there any more: dropping it hangs up.
    if (const auto self = weak.lock(); self && !self->ended_) self->begun(std::move(process));
  };
  service_.exec(jail_, std::move(*parsed), who_, started);
}

void ExecSocket::begun(Result<std::shared_ptr<ExecProcess>> process) {
  if (!process) return refuse(process.error(), websocket::close_code::policy_error);
  process_ = std::move(*process);
  send({false, to_text(nlohmann::json{{"started", true}})});
  feed();
  next_output();
}

void ExecSocket::control(std::string_view message) {
  const auto wish = parse_exec_control(message);
  if (!wish) return refuse(wish.error(), websocket::close_code::policy_error);
  if (std::holds_alternative<ExecEof>(*wish)) {
    if (!std::exchange(input_ended_, true)) input_.emplace_back();
    return feed();
  }
  if (!process_) return;  // not yet started: a terminal has its first size from the request
  if (const auto* size = std::get_if<TerminalSize>(&*wish)) process_->resize(*size);
  if (const auto* signal = std::get_if<ExecSignal>(&*wish)) process_->signal(signal->number);
  if (!std::holds_alternative<ExecDetach>(*wish)) return;
  // What it still prints is read and dropped, or it would wait for a reader for ever.
  detached_ = shared_from_this();
  close(websocket::close_code::normal);
}

void ExecSocket::feed() {
  if (!process_ || feeding_ || input_.empty()) return;
  feeding_ = true;
  std::string bytes = std::move(input_.front());
  input_.pop_front();
  const std::size_t counted = bytes.empty() ? 0 : bytes.size() + 1;
  process_->write(std::move(bytes), [weak = weak_from_this(), counted] {
    const auto self = weak.lock();
    if (!self) return;
    self->feeding_ = false;
    self->input_bytes_ -= counted;
    self->feed();
    self->read_next();
  });
}

// ---- to the client

void ExecSocket::next_output() {
  output_waits_ = false;
  if (!process_) return;
  process_->read([weak = weak_from_this()](Result<ExecEvent> event) {
    if (const auto self = weak.lock()) self->take_event(std::move(event));
  });
}

void ExecSocket::take_event(Result<ExecEvent> event) {
  const auto* output = event ? std::get_if<ExecOutput>(&*event) : nullptr;
  if (detached_) {
    if (output != nullptr) return next_output();
    process_.reset();
    const auto last = std::exchange(detached_, nullptr);  // this may be gone after it
    return;
  }
  if (ended_) return;
  if (output != nullptr) {
    output_waits_ = true;
    return send({true, std::string(1, static_cast<char>(output->stream)) + output->bytes});
  }
  process_.reset();
  if (!event) return refuse(event.error(), websocket::close_code::internal_error);
  send({false, to_text(nlohmann::json{{"exit", to_json(std::get<ExecExit>(*event))}})});
  close(websocket::close_code::normal);
}

void ExecSocket::send(Message message) {
  messages_.push_back(std::move(message));
  write_next();
}

void ExecSocket::write_next() {
  if (writing_ || ended_) return;
  if (messages_.empty()) {
    if (!closing_) return;
    writing_ = true;
    socket_.async_close(websocket::close_reason(close_code_),
                        [self = shared_from_this()](boost::system::error_code) { self->end(); });
    return;
  }
  if (!connection_->permitted()) return end();
  writing_ = true;
  const bool output = messages_.front().binary;
  socket_.binary(output);
  socket_.async_write(asio::buffer(messages_.front().bytes),
                      [self = shared_from_this(), output](boost::system::error_code failed, std::size_t) {
                        self->writing_ = false;
                        self->heard_ = Clock::now();
                        if (failed) return self->end();
                        self->messages_.pop_front();
                        if (output) self->next_output();
                        self->write_next();
                      });
}

void ExecSocket::refuse(const Error& error, websocket::close_code code) {
  if (closing_) return;
  send({false, to_text(nlohmann::json{{"error", problem(error)}})});
  close(code);
}

void ExecSocket::close(websocket::close_code code) {
  if (std::exchange(closing_, true)) return;
  close_code_ = static_cast<std::uint16_t>(code);
  write_next();
}

// Without a word more of ours than that the client has broken the protocol. Beast would answer with the code that came,
// and is left no way to: it finds the connection ended.
void ExecSocket::fail() {
  constexpr std::array<unsigned char, 4> protocol_error{0x88, 2, 1002 >> 8, 1002 & 0xff};  // RFC 6455, 5.5.1 and 7.4.1
  boost::system::error_code ignored;
  if (!writing_ && !pinging_) connection_->socket().write_some(asio::buffer(protocol_error), ignored);
  end();
}

// ---- its life

void ExecSocket::watch_over() {
  timer_.expires_after(limits_.exec_look);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
    const auto self = weak.lock();
    if (stopped || !self || self->ended_) return;
    self->look();
    if (!self->ended_) self->watch_over();
  });
}

void ExecSocket::look() {
  const auto now = Clock::now();
  // A client that is slow to take its output, or whose input the command does not take, cannot be heard.
  const bool deaf = writing_ || !reading_;
  if (now - heard_ > (deaf ? limits_.exec_stall : limits_.exec_silence) || !connection_->permitted()) return end();
  // Frames that were broken: Beast has said so, and waits for the client to end its side.
  if (!socket_.is_open() && !closing_) return end();
  if (!asked_ && now - opened_ > limits_.header_time) {
    return refuse({Kind::request_timeout, "the first message did not arrive in time", 0, {}},
                  websocket::close_code::policy_error);
  }
  if (now - pinged_ >= limits_.exec_ping) ping();
}

void ExecSocket::ping() {
  if (pinging_ || closing_) return;
  pinging_ = true;
  pinged_ = Clock::now();
  socket_.async_ping({}, [self = shared_from_this()](boost::system::error_code failed) {
    self->pinging_ = false;
    if (failed) self->end();
  });
}

void ExecSocket::end() {
  if (std::exchange(ended_, true)) return;
  timer_.cancel();
  if (!detached_) {
    process_.reset();
  } else if (output_waits_) {
    next_output();
  }
  connection_->cut();
}

}  // namespace jaild::server
