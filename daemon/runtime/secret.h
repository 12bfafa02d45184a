// What tokens are made of: random digits, a hash, a comparison that takes no hints. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/contract/result.h"

namespace jaild::runtime {

// 2 * `bytes` hexadecimal digits from the kernel's generator; `bytes` is at most 256. Kind::unavailable: the system's
// words.
Result<std::string> random_hex(std::size_t bytes);

// SHA-256 in hexadecimal, 64 digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

// Takes as long for texts that differ in their first byte as for equal ones; the length is no secret.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace jaild::runtime
