#include "api/server/server.h"

#include <algorithm>
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

Result<Address> Server::listen(const Address& address, Surface surface, std::optional<Limits> limits) {
  Result<Acceptor> acceptor = open_acceptor(loop_.get_executor(), address, state_->options.group);
  if (!acceptor) return Fail(acceptor.error());
  const Address bound = bound_address(*acceptor, address);
  const auto place = std::make_shared<Place>(bound, surface, limits.value_or(state_->options.limits));
  state_->places.push_back(place);
  listeners_.push_back(std::make_shared<Listener>(std::move(*acceptor), place, state_));
  listeners_.back()->start();
  return bound;
}

bool Server::has_socket_files() const {
  return std::ranges::all_of(listeners_, [](const auto& each) { return each->has_socket_file(); });
}

Result<void> Server::make_socket_files_again() {
  for (const auto& listener : listeners_) {
    if (listener->has_socket_file()) continue;
    if (auto made = listener->make_socket_file_again(); !made) return made;
  }
  return {};
}

std::size_t Server::connections() const {
  return state_->connections.size();
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
