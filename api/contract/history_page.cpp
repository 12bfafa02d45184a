#include "api/contract/history_page.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/contract/json.h"

namespace jaild {

HistoryPage page_of(std::vector<SpecVersion> all, const HistoryQuery& query) {
  HistoryPage page;
  std::size_t bytes = 0;
  for (SpecVersion& version : all) {
    if (version.generation <= query.after) continue;
    page.more = page.versions.size() >= query.limit || bytes >= query.bytes;
    if (page.more) break;
    bytes += to_text(to_json(version)).size();
    page.versions.push_back(std::move(version));
  }
  return page;
}

}  // namespace jaild
