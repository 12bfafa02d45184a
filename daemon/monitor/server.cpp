#include "daemon/monitor/server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "daemon/host/pass_fds.h"
#include "daemon/monitor/file_record.h"
#include "daemon/monitor/protocol.h"

namespace jaild::monitor {
namespace {

// Several requests may come in one read; more than these wait for their lines only when the other side errs.
constexpr std::size_t fds_max = 64;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Fail(Kind::invalid, "the path of the socket is too long: " + path);
  }
  std::ranges::copy(path, static_cast<char*>(address.sun_path));
#if defined(__FreeBSD__)
  address.sun_len = static_cast<unsigned char>(SUN_LEN(&address));
#endif
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

constexpr int backlog = 8;

bool somebody_listens(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // EAGAIN: it lives, and its backlog is full.
  return probe && (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN);
}

}  // namespace

Result<Server> Server::listen(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return Fail(address.error());
  if (somebody_listens(*address)) return Fail(Kind::exists, "a monitor listens at " + path + " already");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return FailErrno(Kind::host_refused, "unlink " + path, errno);

  Server server;
  server.listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!server.listener_) return FailErrno(Kind::host_refused, "socket", errno);
  const mode_t before = ::umask(0177);
  const int bound = ::bind(server.listener_.get(), generic(*address), sizeof *address);
  const int bind_errno = errno;
  ::umask(before);
  if (bound != 0) return FailErrno(Kind::host_refused, "bind " + path, bind_errno);
  if (::listen(server.listener_.get(), backlog) != 0) return FailErrno(Kind::host_refused, "listen " + path, errno);
  return server;
}

void Server::claim() const {
  [[maybe_unused]] const int listens = ::listen(listener_.get(), backlog);  // it does already
}

void Server::accept() {
  UniqueFd fresh(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fresh && is_trusted_peer(fresh.get())) candidate_ = std::move(fresh);
}

bool Server::promote() {
  char byte = 0;
  const ssize_t got = ::recv(candidate_.get(), &byte, 1, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    candidate_.reset();
    return false;
  }
  close_connection();
  connection_ = std::move(candidate_);
  return true;
}

std::vector<std::string> Server::receive() {
  std::vector<std::string> lines;
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = receive_with_fds(connection_.get(), buffer.data(), buffer.size(), fds_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return lines;
  if (got <= 0) {
    close_connection();
    return lines;
  }
  const std::size_t searched = input_.size();
  input_.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t begin = 0;
  std::size_t end = input_.find('\n', searched);
  while (end != std::string::npos) {
    lines.push_back(input_.substr(begin, end - begin));
    begin = end + 1;
    end = input_.find('\n', begin);
  }
  input_.erase(0, begin);
  if (input_.empty()) input_.shrink_to_fit();
  if (input_.size() > line_max || fds_.size() > fds_max) close_connection();
  return lines;
}

std::vector<UniqueFd> Server::take_fds(std::size_t count) {
  const auto end = fds_.begin() + static_cast<std::ptrdiff_t>(std::min(count, fds_.size()));
  std::vector<UniqueFd> taken(std::make_move_iterator(fds_.begin()), std::make_move_iterator(end));
  fds_.erase(fds_.begin(), end);
  return taken;
}

bool Server::send(const std::string& line) {
  if (!connection_) return false;
  output_.append(line).push_back('\n');
  flush();
  if (output_.size() - sent_ > output_max) close_connection();
  return static_cast<bool>(connection_);
}

void Server::flush() {
  while (connection_ && sent_ < output_.size()) {
    const ssize_t wrote = ::send(connection_.get(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) return;
    if (wrote < 0) return close_connection();
    sent_ += static_cast<std::size_t>(wrote);
  }
  output_.clear();
  output_.shrink_to_fit();
  sent_ = 0;
}

void Server::close_connection() {
  connection_.reset();
  fds_.clear();
  for (std::string* buffer : {&input_, &output_}) {
    buffer->clear();
    buffer->shrink_to_fit();
  }
  sent_ = 0;
}

}  // namespace jaild::monitor
