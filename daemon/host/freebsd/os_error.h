// The kernel's refusals as errors, and small answers of sysctl(3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/contract/result.h"

namespace jaild::host {

// "WHAT: WORDS (strerror)"; `words` are the kernel's own (errmsg), often empty.
[[nodiscard]] Error os_error(const std::string& what, int code, const std::string& words = {});

// A number of any width up to 8 bytes: kern.racct.enable is one byte, others are ints or longs. nullopt: no such name.
[[nodiscard]] std::optional<std::int64_t> sysctl_number(const char* name);
[[nodiscard]] std::optional<std::string> sysctl_text(const char* name);

}  // namespace jaild::host
