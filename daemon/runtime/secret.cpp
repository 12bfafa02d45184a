#include "daemon/runtime/secret.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/random.h>
#include <sys/types.h>

#include <sha256.h>  // libmd: of FreeBSD's base system, and a package of Debian

namespace jaild::runtime {
namespace {

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    text.push_back(digits[bytes[i] >> 4]);
    text.push_back(digits[bytes[i] & 0x0f]);
  }
  return text;
}

}  // namespace

Result<std::string> random_hex(std::size_t bytes) {
  // Up to 256 bytes come whole and are not interrupted (getrandom(2), both systems) once the generator is seeded.
  std::array<std::uint8_t, 256> buffer{};
  ssize_t got = 0;
  do {
    got = getrandom(buffer.data(), bytes, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(bytes)) {
    return Fail(Kind::unavailable, "no random numbers: " + std::system_category().message(errno), errno);
  }
  return hex(buffer.data(), bytes);
}

std::string sha256_hex(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  SHA256_Final(digest.data(), &context);
  return hex(digest.data(), digest.size());
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  volatile unsigned char difference = 0;  // volatile: no compiler may stop at the first difference
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i])));
  }
  return difference == 0;
}

}  // namespace jaild::runtime
