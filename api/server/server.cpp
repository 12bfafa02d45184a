#include "api/server/server.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "api/server/listener.h"
#include "api/server/server_state.h"

namespace jaild::server {

namespace asio = boost::asio;

Server::Server(asio::io_context& loop, Service& service, ServerOptions options)
    : loop_(loop), state_(std::make_shared<ServerState>(service, std::move(options))), stop_timer_(loop) {}

Server::~Server() {
  state_->connection_ended = nullptr;
  for (const auto& listener : listeners_) listener->close();
}

Result<Address> Server::listen(const Address& address, Surface surface) {
  const bool local = std::holds_alternative<UnixAddress>(address);
  if (surface == Surface::full && !local) {
    return Fail(Kind::invalid, to_string(address) +
                                   ": TCP needs tokens, which this version does not have; "
                                   "listen on unix:PATH, and reach it from afar through ssh -L");
  }
  Result<Acceptor> acceptor = open_acceptor(loop_.get_executor(), address);
  if (!acceptor) return Fail(acceptor.error());
  const Address bound = bound_address(*acceptor, address);
  listeners_.push_back(std::make_shared<Listener>(std::move(*acceptor), bound, surface, state_));
  listeners_.back()->start();
  return bound;
}

void Server::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  state_->stopping = true;
  state_->connection_ended = [this] { check_stopped(); };
  for (const auto& listener : listeners_) listener->close();
  for (const auto& [key, weak] : state_->connections) {
    if (const auto connection = weak.lock()) connection->ask_to_end();
  }
  stop_timer_.expires_after(state_->options.limits.stop_time);
  stop_timer_.async_wait([state = state_](boost::system::error_code cancelled) {
    if (cancelled) return;
    for (const auto& [key, weak] : state->connections) {
      if (const auto connection = weak.lock()) connection->cut();
    }
  });
  asio::post(loop_, [this] { check_stopped(); });
}

void Server::check_stopped() {
  if (!state_->connections.empty() || !stopped_) return;
  stop_timer_.cancel();
  asio::post(loop_, std::exchange(stopped_, nullptr));  // from outside, so that it may destroy the server
}

}  // namespace jaild::server
