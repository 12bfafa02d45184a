// The HTTP server: what main builds, starts and stops.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "api/server/address.h"
#include "api/server/router.h"
#include "api/server/server_options.h"
#include "api/server/service.h"

namespace jaild::server {

class Listener;
struct ServerState;

// Everything happens on `loop`, which one thread runs: construct, listen and stop there, or before it runs. An
// exception that reaches the root of a session comes out of loop.run(). The service outlives the loop; the server may
// go before the loop is destroyed, but not while it runs unless stop() has reported.
class Server {
 public:
  Server(boost::asio::io_context& loop, Service& service, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts from now on; `limits` are the options' unless given. Returns the address as bound. Kind::conflict: somebody
  // listens there. Kind::host_refused: the system's words.
  Result<Address> listen(const Address& address, Surface surface, std::optional<Limits> limits = {});

  // Whether the Unix sockets are still there under their names: somebody may have removed or replaced them.
  [[nodiscard]] bool has_socket_files() const;
  // Makes those that are not. What waits to be accepted on an old one is lost, its connections go on. Kind::conflict:
  // somebody listens there by now.
  Result<void> make_socket_files_again();

  // Accepts no more, ends idle connections and streams at once, gives answers under way 10 s, then cuts. `stopped` is
  // called once, on the loop, when the last connection is gone. Call it once.
  void stop(std::function<void()> stopped);

  [[nodiscard]] std::size_t connections() const;  // open now; loop thread

 private:
  void check_stopped();

  boost::asio::io_context& loop_;
  std::shared_ptr<ServerState> state_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  boost::asio::steady_timer stop_timer_;
  std::function<void()> stopped_;
};

}  // namespace jaild::server
