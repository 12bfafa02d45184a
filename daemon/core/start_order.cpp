#include "daemon/core/start_order.h"

#include <algorithm>
#include <map>
#include <set>

namespace jaild::core {

std::vector<std::string> dependencies_of(const std::string& name, const JailSpec& spec) {
  std::vector<std::string> result = spec.list("depend");
  if (auto parent = parent_name(name); !parent.empty()) result.push_back(std::move(parent));
  std::set<std::string> seen;
  std::erase_if(result, [&](const std::string& each) { return !seen.insert(each).second; });
  return result;
}

std::vector<std::string> find_loop(const std::string& name, const DependencyLookup& lookup) {
  // Breadth first from `name`, so that the loop which is reported is a shortest one.
  std::map<std::string, std::string> came_from;
  std::vector<std::string> queue{name};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::string here = queue[i];
    for (const auto& next : lookup(here)) {
      if (next == name) {
        std::vector<std::string> loop{name};
        for (std::string at = here; at != name; at = came_from.at(at)) loop.push_back(at);
        loop.push_back(name);
        std::reverse(loop.begin(), loop.end());
        return loop;
      }
      if (came_from.emplace(next, here).second) queue.push_back(next);
    }
  }
  return {};
}

std::vector<std::string> closure(const std::string& name, const DependencyLookup& next) {
  std::set<std::string> seen{name};
  std::vector<std::string> queue{name};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::string here = queue[i];
    for (const auto& each : next(here)) {
      if (seen.insert(each).second) queue.push_back(each);
    }
  }
  queue.erase(queue.begin());
  return queue;
}

}  // namespace jaild::core
