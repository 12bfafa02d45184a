#include "api/server/address.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace jaild::server {

namespace asio = boost::asio;

namespace {

constexpr std::size_t path_most = sizeof(sockaddr_un::sun_path) - 1;  // 107 on Linux, 103 on FreeBSD

std::unexpected<Error> refused(const std::string& what, int os_error) {
  return Fail(Kind::host_refused, what + ": " + std::system_category().message(os_error), os_error);
}

Result<Address> parse_unix(std::string_view path) {
  const std::string shown = "unix:" + std::string(path);
  if (!path.starts_with('/')) return Fail(Kind::invalid, shown + ": the path of a socket must begin with a slash");
  if (path.find('\0') != std::string_view::npos) return Fail(Kind::invalid, "the path of a socket holds a NUL byte");
  if (path.size() > path_most) {
    return Fail(Kind::invalid, shown + ": the path of a socket may have " + std::to_string(path_most) + " bytes here");
  }
  return UnixAddress{std::string(path)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || stop != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

asio::generic::stream_protocol::endpoint endpoint_of(const Address& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address))
    return asio::local::stream_protocol::endpoint(local->path);
  const auto& tcp = std::get<TcpAddress>(address);
  return asio::ip::tcp::endpoint(tcp.ip, tcp.port);
}

// Makes room for a new socket at `path`: a file is removed only when it is a socket that nobody listens on any more.
Result<void> clear_dead_socket(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return refused(path, errno);
  }
  if (!S_ISSOCK(status.st_mode)) return Fail(Kind::conflict, path + " exists and is not a socket");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return refused("socket", errno);
  const auto endpoint = endpoint_of(UnixAddress{path});
  const int answer = connect(probe, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  const int why = answer == 0 ? 0 : errno;
  close(probe);
  // Anything but "refused", such as a full backlog, means that somebody is there.
  if (why != ECONNREFUSED) return Fail(Kind::conflict, "another server listens on " + path);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return refused("unlink " + path, errno);
  return {};
}

// Who may connect at all; what they may do then is the business of roles.
Result<void> guard_socket(const std::string& path, std::optional<std::uint32_t> group) {
  if (group && lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) return refused("chown " + path, errno);
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) return refused("chmod " + path, errno);
  return {};
}

}  // namespace

Result<Address> parse_listen_address(std::string_view text) {
  constexpr std::string_view scheme = "unix:";
  if (text.starts_with(scheme)) return parse_unix(text.substr(scheme.size()));
  const std::string shown(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Fail(Kind::invalid, shown + ": an address to listen on is unix:PATH, 127.0.0.1:PORT or [::1]:PORT");
  }
  std::string host(text.substr(0, colon));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code bad;
  const asio::ip::address ip = asio::ip::make_address(host, bad);
  if (bad || ip.is_v6() != bracketed) {
    return Fail(Kind::invalid, shown + ": an address to listen on is unix:PATH, 127.0.0.1:PORT or [::1]:PORT");
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return Fail(Kind::invalid, shown + ": the port must be a number from 1 to 65535");
  if (!ip.is_loopback()) {
    return Fail(Kind::invalid, shown +
                                   " can be reached from other machines, and jaild speaks plain HTTP: listen on "
                                   "127.0.0.1 or [::1], and come from afar through ssh -L or a proxy with TLS");
  }
  return TcpAddress{ip, *port};
}

std::string to_string(const Address& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address)) return "unix:" + local->path;
  const auto& tcp = std::get<TcpAddress>(address);
  const std::string host = tcp.ip.is_v6() ? "[" + tcp.ip.to_string() + "]" : tcp.ip.to_string();
  return host + ":" + std::to_string(tcp.port);
}

Result<Acceptor> open_acceptor(const asio::any_io_executor& executor, const Address& address,
                               std::optional<std::uint32_t> group) {
  const auto* local = std::get_if<UnixAddress>(&address);
  if (local != nullptr) {
    const Result<void> cleared = clear_dead_socket(local->path);
    if (!cleared) return Fail(cleared.error());
  }
  const auto endpoint = endpoint_of(address);
  const asio::generic::stream_protocol protocol = endpoint.protocol();
  const int fd = socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
  if (fd < 0) return refused("socket", errno);
  Acceptor acceptor(executor);
  boost::system::error_code failed;
  acceptor.assign(protocol, fd, failed);  // owns fd from here
  if (failed) {
    close(fd);
    return refused("poll for connections", failed.value());
  }
  if (local == nullptr) {
    const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return refused("SO_REUSEADDR", errno);
  }
  if (bind(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    return refused("bind " + to_string(address), errno);
  }
  // Before listen(), connecting is refused: nobody slips in under the mode that the umask left.
  if (local != nullptr) {
    const Result<void> guarded = guard_socket(local->path, group);
    if (!guarded) return Fail(guarded.error());
  }
  if (listen(fd, SOMAXCONN) != 0) return refused("listen " + to_string(address), errno);
  return acceptor;
}

Address bound_address(const Acceptor& acceptor, const Address& asked) {
  const auto* tcp = std::get_if<TcpAddress>(&asked);
  if (tcp == nullptr) return asked;
  boost::system::error_code failed;
  const auto bound = acceptor.local_endpoint(failed);
  if (failed) return asked;
  asio::ip::tcp::endpoint endpoint;
  endpoint.resize(bound.size());
  std::memcpy(endpoint.data(), bound.data(), bound.size());
  return TcpAddress{tcp->ip, endpoint.port()};
}

std::optional<SocketFile> socket_file_at(const Address& address) {
  struct stat status{};
  const auto* local = std::get_if<UnixAddress>(&address);
  if (local == nullptr || lstat(local->path.c_str(), &status) != 0) return std::nullopt;
  return SocketFile{static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

void remove_socket_file(const Address& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address)) unlink(local->path.c_str());
}

}  // namespace jaild::server
