// A jail's history in pages: all of it may be many MiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

struct HistoryQuery {
  std::uint64_t after = 0;  // a generation
  std::size_t limit = 1000;
  std::size_t bytes =
      std::size_t{1024} * 1024;  // of specs as JSON; the version with which they are reached is the last
};

struct HistoryPage {
  std::vector<SpecVersion> versions;  // oldest first
  bool more = false;                  // follow
};

// Makes a page of versions that come oldest first, each after `query.after`.
class HistoryPager {
 public:
  explicit HistoryPager(const HistoryQuery& query) : query_(query) {}

  // Before each version, so that what is not of this page need not be read. False: the page is full, and more follow.
  [[nodiscard]] bool has_room() {
    page_.more = page_.versions.size() >= query_.limit || bytes_ >= query_.bytes;
    return !page_.more;
  }
  void add(SpecVersion version, std::size_t bytes_of_spec) {
    bytes_ += bytes_of_spec;
    page_.versions.push_back(std::move(version));
  }
  [[nodiscard]] HistoryPage take() { return std::move(page_); }

 private:
  const HistoryQuery query_;
  HistoryPage page_;
  std::size_t bytes_ = 0;
};

// The page of `all` that are kept, oldest first, for those who have them in memory.
[[nodiscard]] HistoryPage page_of(const std::vector<SpecVersion>& all, const HistoryQuery& query);

}  // namespace jaild
