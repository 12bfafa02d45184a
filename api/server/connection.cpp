#include "api/server/connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace jaild::server {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_piece = 4096;
// Beside a whole header there is room for the start of a body or of the next request.
constexpr std::size_t buffer_beyond_header = 16 * 1024;

}  // namespace

Connection::Connection(Socket socket, Identity identity, std::shared_ptr<Place> place)
    : socket_(std::move(socket)),
      identity_(std::move(identity)),
      place_(std::move(place)),
      deadline_(socket_.get_executor(),
                [this] {
                  boost::system::error_code ignored;
                  socket_.cancel(ignored);
                }),
      buffer_(place_->limits.header_bytes + buffer_beyond_header),
      waiter_(std::make_shared<Waiter>(socket_.get_executor())) {}

Connection::~Connection() {
  set_unasked(false);
}

void Connection::set_unasked(bool value) {
  if (value == unasked_.has_value()) return;
  if (value) {
    unasked_ = place_->unasked.insert(place_->unasked.end(), this);
  } else {
    place_->unasked.erase(*unasked_);
    unasked_.reset();
  }
}

asio::awaitable<bool> Connection::write(std::string_view head, std::string_view body) {
  if (!permitted()) co_return false;
  deadline_.set(place_->limits.write_time);
  const std::array<asio::const_buffer, 2> pieces{asio::buffer(head), asio::buffer(body)};
  const auto [failed, written] = co_await asio::async_write(socket_, pieces, as_result);
  static_cast<void>(written);
  deadline_.clear();
  co_return !failed;
}

asio::awaitable<void> Connection::linger() {
  boost::system::error_code failed;
  socket_.shutdown(Socket::shutdown_send, failed);
  std::array<char, read_piece> dropped;
  const auto piece = asio::buffer(dropped);
  deadline_.set(place_->limits.linger_time);  // also the bound of this loop
  while (!failed && !deadline_.passed()) {
    const auto [error, size] = co_await socket_.async_read_some(piece, as_result);
    static_cast<void>(size);
    failed = error;
  }
  deadline_.clear();
}

void Connection::watch() {
  if (watching_) return;
  watching_ = true;
  wait_for_input();
}

void Connection::unwatch() {
  if (!watching_) return;
  watching_ = false;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::wait_for_input() {
  if (buffer_.size() + read_piece > buffer_.max_size()) return;
  const std::weak_ptr<Connection> weak = weak_from_this();
  socket_.async_wait(Socket::wait_read, [weak](boost::system::error_code failed) {
    const auto alive = weak.lock();
    if (alive) alive->on_input(failed);
  });
}

void Connection::on_input(boost::system::error_code failed) {
  if (!watching_) return;  // unwatch() came between the input and this call
  if (!failed) {
    const std::size_t size = socket_.read_some(buffer_.prepare(read_piece), failed);
    buffer_.commit(size);
  }
  if (!failed || failed == asio::error::would_block || failed == asio::error::interrupted) {
    wait_for_input();
    return;
  }
  watching_ = false;
  waiter_->abandon();
}

void Connection::set_interruptible(bool value) {
  interruptible_ = value;
  if (ending_ && interruptible_) cut();
}

void Connection::ask_to_end() {
  ending_ = true;
  if (interruptible_) cut();
}

void Connection::cut() {
  set_unasked(false);
  ending_ = true;
  watching_ = false;
  waiter_->abandon();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace jaild::server
