#include "api/contract/history_page.h"

#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild {

HistoryPage page_of(const std::vector<SpecVersion>& all, const HistoryQuery& query) {
  HistoryPager pager(query);
  for (const SpecVersion& version : all) {
    if (version.generation <= query.after) continue;
    if (!pager.has_room()) break;
    pager.add(version, to_text(to_json(version.spec)).size());
  }
  return pager.take();
}

}  // namespace jaild
