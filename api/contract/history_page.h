// A jail's history in pages: all of it may be many MiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

struct HistoryQuery {
  std::uint64_t after = 0;  // a generation
  std::size_t limit = 1000;
  std::size_t bytes = std::size_t{1024} * 1024;  // as JSON; the version with which they are reached is the last
};

struct HistoryPage {
  std::vector<SpecVersion> versions;  // oldest first
  bool more = false;                  // follow
};

// `all` are what is kept, oldest first.
[[nodiscard]] HistoryPage page_of(std::vector<SpecVersion> all, const HistoryQuery& query);

}  // namespace jaild
