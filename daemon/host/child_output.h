// What a child process says until it has closed its output, that is, until it has gone.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace jaild::host {

// Appends to `text` as long as it is below `size_max`; what comes after that is read and dropped. Any thread; blocks.
// false: `patience` is over.
bool read_to_end(int fd, std::chrono::milliseconds patience, std::size_t size_max, std::string& text);

}  // namespace jaild::host
