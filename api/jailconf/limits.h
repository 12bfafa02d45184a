// What one configuration may be at most. Everything the reader does is bounded by these; a real jail.conf is far below
// all of them, and tests make them small.
#pragma once

#include <cstddef>

namespace jaild::jailconf {

struct Limits {
  std::size_t bytes = std::size_t{16} << 20;           // all files together, each counted as often as it is included
  std::size_t files = 1000;                            // files read
  std::size_t include_depth = 32;                      // jail(8)'s MAX_INCLUDE_DEPTH
  std::size_t block_depth = 32;                        // a name of 63 characters has no more components
  std::size_t parts = 1'000'000;                       // statements, values and pieces of values
  std::size_t jails = 10'000;                          // blocks that are jails
  std::size_t wildcards = 1'000;                       // blocks that are patterns
  std::size_t name_bytes = 255;                        // of a parameter, a variable, a jail with its parents
  std::size_t merged = 1'000'000;                      // parameters and values of all jails, wildcards in each
  std::size_t jail_bytes = std::size_t{4} << 20;       // values of one jail after variables are substituted
  std::size_t jail_values = 10'000;                    // the same, their number
  std::size_t expanded_bytes = std::size_t{64} << 20;  // values of all jails after variables are substituted
  std::size_t diagnostics = 100;                       // after that many mistakes reading ends
};

}  // namespace jaild::jailconf
