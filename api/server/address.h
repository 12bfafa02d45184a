// Where the server may listen, and making the socket that listens there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/contract/result.h"

namespace jaild::server {

struct UnixAddress {
  std::string path;  // absolute; short enough for sockaddr_un
  bool operator==(const UnixAddress&) const = default;
};

struct TcpAddress {
  boost::asio::ip::address ip;  // loopback
  std::uint16_t port = 0;
  bool operator==(const TcpAddress&) const = default;
};

using Address = std::variant<UnixAddress, TcpAddress>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

// "unix:/path", "127.0.0.1:9100", "[::1]:9100". Kind::invalid in a sentence: another form, a port outside 1 to 65535, a
// path that is relative or too long, an address that other machines can reach.
Result<Address> parse_listen_address(std::string_view text);

std::string to_string(const Address& address);  // what parse_listen_address() takes

// A listening, non-blocking, close-on-exec socket. A Unix socket belongs to `group` (nullopt: to that of the process)
// and has mode 0660 before anybody can connect; a dead one in its place is removed, but never anything else.
// Kind::conflict: somebody answers there already. Kind::host_refused: the system's own words.
Result<Acceptor> open_acceptor(const boost::asio::any_io_executor& executor, const Address& address,
                               std::optional<std::uint32_t> group = {});

// `address` as it was bound: with the port that port 0 became.
Address bound_address(const Acceptor& acceptor, const Address& asked);

// Which file it is, whatever its name.
struct SocketFile {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const SocketFile&) const = default;
};

// What has the name of `address` now. nullopt: nothing; always for TCP.
std::optional<SocketFile> socket_file_at(const Address& address);

// Removes the socket file of `address`; nothing to do for TCP.
void remove_socket_file(const Address& address);

}  // namespace jaild::server
