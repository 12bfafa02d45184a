#include "tests/unit/api/server/harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace jaild::server {

namespace {

constexpr std::chrono::seconds patience{10};

sockaddr_storage to_sockaddr(const Address& address, socklen_t& size) {
  sockaddr_storage storage{};
  if (const auto* local = std::get_if<UnixAddress>(&address)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::copy(local->path.begin(), local->path.end(), name.sun_path);
    std::memcpy(&storage, &name, sizeof name);
    size = sizeof name;
    return storage;
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(std::get<TcpAddress>(address).port);
  std::memcpy(&storage, &name, sizeof name);
  size = sizeof name;
  return storage;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void parse_head(Reply& reply) {
  reply.status = std::atoi(reply.head.substr(9, 3).c_str());
  std::size_t at = reply.head.find("\r\n") + 2;
  while (at < reply.head.size() - 2) {
    const std::size_t end = reply.head.find("\r\n", at);
    const std::string line = reply.head.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) reply.fields[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = end + 2;
  }
}

}  // namespace

std::string socket_path() {
  static std::atomic<int> number = 0;
  return "/tmp/jaild-server-test-" + std::to_string(getpid()) + "-" + std::to_string(++number) + ".sock";
}

Client::Client(const Address& address, int receive_buffer) {
  socklen_t size = 0;
  const sockaddr_storage name = to_sockaddr(address, size);
  fd_ = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_GE(fd_, 0);
  const timeval limit{patience.count(), 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  EXPECT_EQ(connect(fd_, static_cast<const sockaddr*>(static_cast<const void*>(&name)), size), 0) << strerror(errno);
}

Client::~Client() {
  close();
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::receive() {
  char piece[16 * 1024];
  const ssize_t got = recv(fd_, piece, sizeof piece, 0);
  if (got <= 0) return false;
  input_.append(piece, static_cast<std::size_t>(got));
  return true;
}

std::string Client::read_until(std::string_view mark) {
  std::size_t found = input_.find(mark);
  while (found == std::string::npos && receive()) found = input_.find(mark);
  const std::size_t end = found == std::string::npos ? input_.size() : found + mark.size();
  std::string text = input_.substr(0, end);
  input_.erase(0, end);
  return text;
}

std::string Client::read_exactly(std::size_t count) {
  while (input_.size() < count && receive()) {
  }
  std::string bytes = input_.substr(0, count);
  input_.erase(0, bytes.size());
  return bytes;
}

Reply Client::read_reply_now() {
  const timeval briefly{0, 500'000};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &briefly, sizeof briefly);
  return read_reply();
}

Reply Client::read_reply(bool to_head) {
  Reply reply;
  reply.head = read_until("\r\n\r\n");
  if (!reply.head.starts_with("HTTP/1.1 ") || !reply.head.ends_with("\r\n\r\n")) return {};
  parse_head(reply);
  if (to_head || !reply.fields.contains("content-length")) return reply;
  const std::size_t length = std::stoul(reply.fields["content-length"]);
  while (input_.size() < length) {
    if (!receive()) return {};
  }
  reply.body = input_.substr(0, length);
  input_.erase(0, length);
  return reply;
}

bool Client::closed_by_server() {
  for (;;) {
    char piece[4096];
    const ssize_t got = recv(fd_, piece, sizeof piece, 0);
    if (got > 0) continue;
    return got == 0 || errno == ECONNRESET;
  }
}

void Client::half_close() {
  shutdown(fd_, SHUT_WR);
}

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string Client::request(std::string_view method, std::string_view target, std::string_view body,
                            std::string_view fields) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\n");
  if (fields.find("Host:") == std::string_view::npos) text += "Host: localhost\r\n";
  text.append(fields);
  if (!body.empty()) {
    if (fields.find("Content-Type") == std::string_view::npos) text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text.append("\r\n").append(body);
}

Reply Client::ask(std::string_view method, std::string_view target, std::string_view body, std::string_view fields) {
  send(request(method, target, body, fields));
  return read_reply(method == "HEAD");
}

TestServer::TestServer(std::function<void(ServerOptions&)> change, Surface surface, Way way) {
  ServerOptions options;
  options.access.admin.users = {geteuid()};
  options.warn = [this](const std::string& text) { warnings_.push_back(text); };
  if (change) change(options);
  server_.emplace(loop_, service_, std::move(options));
  const bool local = surface == Surface::full && way == Way::usual;
  const Address asked =
      local ? Address(UnixAddress{socket_path()}) : Address(TcpAddress{boost::asio::ip::address_v4::loopback(), 0});
  const Result<Address> bound = server_->listen(asked, surface);
  EXPECT_TRUE(bound) << (bound ? "" : bound.error().message);
  if (bound) address_ = *bound;
  thread_ = std::thread([this] {
    const auto stay = boost::asio::make_work_guard(loop_);
    loop_.run();
  });
}

TestServer::~TestServer() {
  if (!stopped_) {
    EXPECT_EQ(stop().wait_for(patience), std::future_status::ready);
  }
  loop_.stop();
  thread_.join();
}

std::future<void> TestServer::stop() {
  stopped_ = true;
  auto stopped = std::make_shared<std::promise<void>>();
  auto future = stopped->get_future();
  post([this, stopped] { server_->stop([stopped] { stopped->set_value(); }); });
  return future;
}

bool TestServer::eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    if (run([&] { return holds(); })) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

std::vector<std::string> TestServer::warnings() {
  return run([this] { return warnings_; });
}

void TestServer::post(std::function<void()> work) {
  boost::asio::post(loop_, std::move(work));
}

}  // namespace jaild::server
