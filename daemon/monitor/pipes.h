// What each system can do with a pipe that a jail floods.
#pragma once

#include <cstddef>

namespace jaild::monitor {

// Room for more between two looks at it, where the system lets us.
void enlarge_pipe(int reader);

// Throws away at most `most` bytes without copying them, where the system can; how many.
std::size_t throw_away(int reader, std::size_t most);

}  // namespace jaild::monitor
