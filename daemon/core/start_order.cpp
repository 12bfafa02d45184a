#include "daemon/core/start_order.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace jaild::core {

std::vector<std::string> dependencies_of(const std::string& name, const JailSpec& spec) {
  std::vector<std::string> result = spec.list("depend");
  if (auto parent = parent_name(name); !parent.empty()) result.push_back(std::move(parent));
  if (result.size() < 2) return result;
  std::set<std::string> seen;
  std::erase_if(result, [&](const std::string& each) { return !seen.insert(each).second; });
  return result;
}

std::vector<std::vector<std::string>> find_loops(const std::vector<std::string>& names, const DependencyLookup& lookup,
                                                 std::size_t most) {
  // Depth first along one path at a time: a dependency that is on the path closes a loop.
  struct Place {
    std::string name;
    std::vector<std::string> needs;
    std::size_t next = 0;
  };
  std::vector<std::vector<std::string>> loops;
  std::unordered_map<std::string, bool> on_path;  // of every jail that was met
  std::vector<Place> path;
  const auto enter = [&](const std::string& name) {
    if (on_path.emplace(name, true).second) path.push_back({name, lookup(name)});
  };
  const auto spell_out = [&](const std::string& name) {
    std::vector<std::string> loop{name};
    for (auto at = path.rbegin(); at->name != name; ++at) loop.push_back(at->name);
    loop.push_back(name);
    std::reverse(loop.begin(), loop.end());
    return loop;
  };
  for (const auto& name : names) {
    enter(name);
    while (!path.empty() && loops.size() < most) {
      Place& here = path.back();
      if (here.next == here.needs.size()) {
        on_path[here.name] = false;
        path.pop_back();
        continue;
      }
      const std::string next = here.needs[here.next++];
      const auto met = on_path.find(next);
      if (met != on_path.end() && met->second) {
        loops.push_back(spell_out(next));
      } else {
        enter(next);
      }
    }
  }
  return loops;
}

std::vector<std::string> closure(const std::vector<std::string>& names, const DependencyLookup& next) {
  std::unordered_set<std::string> seen(names.begin(), names.end());
  std::vector<std::string> queue = names;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::string here = queue[i];
    for (const auto& each : next(here)) {
      if (seen.insert(each).second) queue.push_back(each);
    }
  }
  queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(names.size()));
  return queue;
}

std::vector<std::string> in_start_order(const std::vector<std::string>& names, const DependencyLookup& lookup,
                                        const std::function<int(const std::string&)>& priority) {
  std::unordered_map<std::string, std::size_t> waits_for;  // how many of its dependencies are not yet in the order
  std::unordered_map<std::string, std::vector<std::string>> dependants;
  std::vector<std::string> queue;
  const auto meet = [&](const std::string& name) {
    if (waits_for.emplace(name, 0).second) queue.push_back(name);
  };
  for (const auto& name : names) meet(name);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::string here = queue[i];
    for (const auto& each : lookup(here)) {
      meet(each);
      ++waits_for[here];
      dependants[each].push_back(here);
    }
  }
  std::set<std::pair<int, std::string>> free;
  for (const auto& [name, count] : waits_for) {
    if (count == 0) free.emplace(priority(name), name);
  }
  std::vector<std::string> order;
  while (!free.empty()) {
    const std::string next = std::move(free.extract(free.begin()).value().second);
    for (const auto& each : dependants[next]) {
      if (--waits_for[each] == 0) free.emplace(priority(each), each);
    }
    order.push_back(next);
  }
  return order;
}

}  // namespace jaild::core
