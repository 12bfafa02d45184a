#include "tests/fakes/fake_daemon.h"

#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

namespace jaild::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

struct FakeDaemon::Server {
  asio::io_context loop{1};
  asio::local::stream_protocol::acceptor local{loop};
  asio::ip::tcp::acceptor tcp{loop};
};

namespace {

// One request and its answer, then the connection ends.
template <class Socket>
class Conversation : public std::enable_shared_from_this<Conversation<Socket>> {
 public:
  using Handle = std::function<FakeReply(const FakeRequest&)>;
  Conversation(Socket socket, Handle handle) : socket_(std::move(socket)), handle_(std::move(handle)) {}

  void begin() {
    auto self = this->shared_from_this();
    parser_.body_limit(boost::none);
    http::async_read(socket_, buffer_, parser_, [self](beast::error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

 private:
  void answer() {
    FakeRequest request;
    request.method = parser_.get().method_string();
    request.target = parser_.get().target();
    request.body = parser_.get().body();
    for (const auto& field : parser_.get()) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(tolower(c)); });
      request.headers[name] = std::string(field.value());
    }
    const FakeReply reply = handle_(request);
    auto self = this->shared_from_this();
    if (reply.silent) {
      socket_.async_wait(Socket::wait_read, [self](beast::error_code) {});
      return;
    }
    const std::size_t length = reply.body.size() + (reply.truncated ? 10 : 0);
    text_ = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nConnection: close\r\n";
    if (reply.status != 204 && !reply.open) text_ += "Content-Length: " + std::to_string(length) + "\r\n";
    for (const auto& [name, value] : reply.headers) text_ += name + ": " + value + "\r\n";
    text_ += "\r\n" + reply.body;
    asio::async_write(socket_, asio::buffer(text_), [self, open = reply.open](beast::error_code, std::size_t) {
      if (open) self->socket_.async_wait(Socket::wait_read, [self](beast::error_code) {});
    });
  }

  Socket socket_;
  Handle handle_;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  std::string text_;
};

template <class Acceptor>
void accept_next(Acceptor& acceptor, const FakeDaemon::Answer& handle) {
  acceptor.async_accept([&acceptor, handle](beast::error_code error, auto socket) {
    if (error) return;
    using Socket = decltype(socket);
    std::make_shared<Conversation<Socket>>(std::move(socket), handle)->begin();
    accept_next(acceptor, handle);
  });
}

template <class Acceptor, class Endpoint>
void listen(Acceptor& acceptor, const Endpoint& endpoint) {
  acceptor.open(endpoint.protocol());
  acceptor.bind(endpoint);
  acceptor.listen();
}

}  // namespace

FakeDaemon::FakeDaemon(Answer answer) : answer_(std::move(answer)), server_(std::make_unique<Server>()) {
  directory_ = (std::filesystem::temp_directory_path() / "jailctl-test-XXXXXX").string();
  if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp " + directory_);
  socket_ = directory_ + "/jaild.sock";
  listen(server_->local, asio::local::stream_protocol::endpoint(socket_));
  listen(server_->tcp, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  tcp_port_ = server_->tcp.local_endpoint().port();
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  server_->loop.stop();
  thread_.join();
  std::filesystem::remove_all(directory_);
}

void FakeDaemon::serve() {
  const Answer handle = [this](const FakeRequest& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    return answer_(request);
  };
  accept_next(server_->local, handle);
  accept_next(server_->tcp, handle);
  server_->loop.run();
}

std::vector<std::string> FakeDaemon::calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> calls;
  for (const FakeRequest& request : requests_) calls.push_back(request.method + " " + request.target);
  return calls;
}

FakeRequest FakeDaemon::request(const std::string& call) const {
  const std::lock_guard lock(mutex_);
  for (auto request = requests_.rbegin(); request != requests_.rend(); ++request) {
    if (request->method + " " + request->target == call) return *request;
  }
  ADD_FAILURE() << "never asked: " << call;
  return {};
}

}  // namespace jaild::test
