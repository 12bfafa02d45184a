// A server on a loop of its own, and a client that sends exactly the bytes it is told to.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "api/server/server.h"
#include "tests/fakes/fake_service.h"

namespace jaild::server {

struct Reply {
  int status = 0;                             // 0: the server closed before an answer was whole
  std::map<std::string, std::string> fields;  // names in lower case
  std::string head;
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

// One connection. Every wait ends after ten seconds, which no passing test reaches.
class Client {
 public:
  explicit Client(const Address& address, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);  // what the server does not take any more is dropped
  Reply read_reply(bool to_head = false);
  Reply read_reply_now();                         // 0 when none comes within half a second
  std::string read_until(std::string_view mark);  // also what came with the mark; shorter when the server closed
  std::string read_exactly(std::size_t count);    // shorter when the server closed
  bool closed_by_server();                        // reads on until then
  void half_close();
  void close();

  // One request with Host and Content-Length, and its answer.
  Reply ask(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view fields = {});
  static std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                             std::string_view fields = {});

 private:
  bool receive();

  int fd_ = -1;
  std::string input_;
};

enum class Way { usual, tcp };  // usual: the full surface on a Unix socket, the probes on TCP

class TestServer {
 public:
  explicit TestServer(std::function<void(ServerOptions&)> change = {}, Surface surface = Surface::full,
                      Way way = Way::usual);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  const Address& address() const { return address_; }
  std::size_t connections() const { return server_->connections(); }  // from run() and eventually() only
  FakeService& service() { return service_; }                         // from run() only

  // `work` on the loop's thread; returns what it returns.
  template <class F>
  auto run(F work) {
    std::packaged_task<std::invoke_result_t<F>()> task(std::move(work));
    auto result = task.get_future();
    post([&task] { task(); });
    return result.get();
  }
  // Asks the loop again and again, at most ten seconds; whether `holds` became true.
  bool eventually(const std::function<bool()>& holds);

  std::future<void> stop();
  std::vector<std::string> warnings();
  const std::vector<std::string>& warnings_on_loop() const { return warnings_; }  // from eventually() only

 private:
  void post(std::function<void()> work);

  boost::asio::io_context loop_{1};
  FakeService service_;
  std::vector<std::string> warnings_;
  std::optional<Server> server_;
  Address address_;
  bool stopped_ = false;
  std::thread thread_;
};

std::string socket_path();  // of its own for each call

}  // namespace jaild::server
