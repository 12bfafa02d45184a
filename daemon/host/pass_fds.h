// Descriptors that travel with bytes over a Unix socket (SCM_RIGHTS). jaild and jaild-monitor both do it, hence a
// header without a library.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "daemon/host/unique_fd.h"

namespace jaild {

constexpr std::size_t passed_fds_max = 8;  // with one message

// As send(2); the first `passed_fds_max` of `fds` travel with the first byte and stay open here. Never SIGPIPE.
inline ssize_t send_with_fds(int socket, const void* data, std::size_t size, std::span<const int> fds, int flags) {
  fds = fds.first(std::min(fds.size(), passed_fds_max));
  iovec text{const_cast<void*>(data), size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * passed_fds_max)> control{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  return ::sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

// As recv(2); descriptors that came with the bytes are appended to `fds`, close-on-exec.
inline ssize_t receive_with_fds(int socket, void* data, std::size_t size, std::vector<UniqueFd>& fds, int flags) {
  iovec text{data, size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * passed_fds_max)> control{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  if (got < 0) return got;
  cmsghdr* header = CMSG_FIRSTHDR(&message);  // the kernel puts all of one message into one
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return got;
  const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
    fds.emplace_back(fd);
  }
  return got;
}

}  // namespace jaild
