// What is a whole process's (its working directory, the jail it is in) cannot be changed in a daemon with threads; a
// child of ours does, makes some system calls there and ends. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/contract/result.h"

namespace jaild::host {

// In a child of a threaded process: plain system calls only, no memory from the heap. What it writes to `answer` is the
// result.
using Work = std::function<void(int answer)>;

// Some `most` bytes, in at most 10 s; then the child is killed. Kind::timeout: so it was.
Result<std::string> in_child(const std::string& what, std::size_t most, const Work& work);

// The same with the child in the jail. It has no descriptor there but `answer`, and nobody in the jail can trace it.
Result<std::string> in_jail(int jid, const std::string& what, std::size_t most, const Work& work);

}  // namespace jaild::host
