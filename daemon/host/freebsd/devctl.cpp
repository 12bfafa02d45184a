#include "daemon/host/freebsd/devctl.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include <boost/asio/buffer.hpp>

#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

constexpr std::string_view devd_socket = "/var/run/devd.seqpacket.pipe";

std::string_view notice_value(std::string_view message, std::string_view key) {
  const std::size_t at = message.find(key);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + key.size());
  return message.substr(0, message.find_first_of(" \n"));
}

UniqueFd connect_devd() {
  sockaddr_un address{};
  address.sun_len = sizeof address;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, devd_socket.data(), devd_socket.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (!fd || ::connect(fd.get(), generic, sizeof address) != 0) return {};
  return fd;
}

}  // namespace

std::optional<LimitNotice> parse_devctl(std::string_view message) {
  if (message.find("system=RCTL ") == std::string_view::npos) return std::nullopt;
  std::string_view rule = notice_value(message, " rule=");
  if (!rule.starts_with("jail:")) return std::nullopt;
  rule.remove_prefix(5);
  const std::size_t end = rule.find(':');
  if (end == std::string_view::npos) return std::nullopt;
  LimitNotice notice;
  notice.jail = rule.substr(0, end);
  rule.remove_prefix(end + 1);
  rule = rule.substr(0, rule.find(':'));
  for (const Resource resource : all_resources()) {
    if (rule != to_string(resource)) continue;
    notice.resource = resource;
    return notice;
  }
  return std::nullopt;
}

void Devctl::connect() {
  if (socket_) return;
  UniqueFd fd = connect_devd();
  if (!fd) return;
  socket_ = std::make_shared<boost::asio::posix::stream_descriptor>(io_, fd.release());
  read();
}

void Devctl::read() {
  socket_->async_read_some(boost::asio::buffer(message_),
                           [this, alive = std::weak_ptr(socket_)](boost::system::error_code error, std::size_t size) {
                             const auto socket = alive.lock();
                             if (!socket || socket != socket_) return;
                             if (error || size == 0) return close();
                             if (const auto notice = parse_devctl({message_.data(), size})) told_(*notice);
                             read();
                           });
}

}  // namespace jaild::host
