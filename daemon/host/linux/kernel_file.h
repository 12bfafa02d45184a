// Reading and writing the small text files by which Linux is asked and told: /proc, /sys, cgroups.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

// "write /sys/fs/cgroup/...: Permission denied", with the errno kept. ENOENT is Kind::missing, all else host_refused.
[[nodiscard]] Error os_error(const std::string& what, int os_errno);

constexpr std::size_t kernel_file_max = 4 * 1024 * 1024;  // above every file read here

// At most `size_max` bytes; a longer file is Kind::too_large.
Result<std::string> read_text(const std::string& path, std::size_t size_max = kernel_file_max);

// The same for a file whose text the kernel makes in one piece (a value of a cgroup, /proc/PID/stat): a short read is
// its end. Half the system calls of read_text(), which a sweep over all jails feels. Of any other file it is the start.
Result<std::string> read_value(const std::string& path);

// One write(2) of the whole text: the kernel takes a value in one piece or not at all.
Result<void> write_text(const std::string& path, std::string_view text);

[[nodiscard]] std::string trim(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);  // empty pieces left out

// A decimal number at the start of `text`; nullopt when there is none ("max").
[[nodiscard]] bool to_number(std::string_view text, unsigned long long& number);

}  // namespace jaild::host
