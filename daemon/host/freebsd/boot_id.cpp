#include "daemon/host/freebsd/boot_id.h"

#include <sys/types.h>  // before the others, which use its types

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "daemon/host/unique_fd.h"

namespace jaild::host {
namespace {

constexpr const char* mark_name = "/jaild.boot_id";
constexpr std::size_t mark_size = 32;

using Mark = std::array<unsigned char, mark_size / 2>;

std::string hex(const Mark& bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string random_mark() {
  Mark bytes{};
  ::arc4random_buf(bytes.data(), bytes.size());
  return hex(bytes);
}

std::optional<std::string> kernels_own() {
  Mark bytes{};
  std::size_t size = bytes.size();
  if (::sysctlbyname("kern.boot_id", bytes.data(), &size, nullptr, 0) != 0 || size != bytes.size()) return std::nullopt;
  return hex(bytes);
}

std::optional<std::string> mark() {
  const UniqueFd memory(::shm_open(mark_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat status{};
  if (!memory || ::fstat(memory.get(), &status) != 0) return std::nullopt;
  // Anybody may make such an object; one that another user could change says nothing.
  if (status.st_uid != 0 || (status.st_mode & 0077) != 0) return std::nullopt;
  std::string text(mark_size, '\0');
  if (status.st_size == static_cast<off_t>(mark_size)) {
    if (::pread(memory.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(mark_size) && text[0] != '\0') {
      return text;
    }
  }
  text = random_mark();
  if (::ftruncate(memory.get(), static_cast<off_t>(mark_size)) != 0 ||
      ::pwrite(memory.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(mark_size)) {
    return std::nullopt;
  }
  return text;
}

std::string boot_time() {
  timeval time{};
  std::size_t size = sizeof time;
  if (::sysctlbyname("kern.boottime", &time, &size, nullptr, 0) != 0) return {};
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_usec);
}

}  // namespace

std::string boot_id() {
  if (auto given = kernels_own()) return *given;
  if (auto made = mark()) return *made;
  return boot_time();
}

}  // namespace jaild::host
