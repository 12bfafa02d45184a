#include "daemon/host/freebsd/os_error.h"

#include <sys/types.h>  // before sysctl.h, which uses its types

#include <sys/sysctl.h>

#include <cstring>
#include <system_error>

namespace jaild::host {

Error os_error(const std::string& what, int code, const std::string& words) {
  const std::string plain = std::generic_category().message(code);
  return Error{Kind::host_refused, what + ": " + (words.empty() ? plain : words + " (" + plain + ")"), code, {}};
}

std::optional<std::int64_t> sysctl_number(const char* name) {
  std::int64_t wide = 0;
  std::size_t size = sizeof wide;
  if (::sysctlbyname(name, &wide, &size, nullptr, 0) != 0) return std::nullopt;
  if (size == sizeof(std::int32_t)) {
    std::int32_t narrow = 0;
    std::memcpy(&narrow, &wide, sizeof narrow);
    return narrow;
  }
  return wide;  // one byte or eight: little endian, and the rest is zero
}

std::optional<std::string> sysctl_text(const char* name) {
  std::string text(1024, '\0');
  std::size_t size = text.size();
  if (::sysctlbyname(name, text.data(), &size, nullptr, 0) != 0) return std::nullopt;
  text.resize(size);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

}  // namespace jaild::host
