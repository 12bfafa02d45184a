#include "daemon/host/freebsd/host_path.h"

#include <set>
#include <utility>

#include "daemon/host/freebsd/jail_calls.h"

namespace jaild::host {
namespace {

Result<std::set<std::string>> roots_of_jails() {
  const auto jails = all_jails(ParamCatalog(), false);
  if (!jails) return Fail(jails.error());
  std::set<std::string> roots;
  for (const auto& jail : *jails) roots.insert(jail.path);
  roots.erase("/");  // a jail over the whole host could do worse than plant links
  return roots;
}

}  // namespace

Result<IsTree> trees_for(const JailTrees& trees) {
  auto roots = roots_of_jails();
  if (!roots) return Fail(roots.error());
  return IsTree([roots = *std::move(roots), &trees](const std::string& real) {
    return roots.contains(real) || trees.contains(real);
  });
}

Result<Walked> walk_past_jails(const std::string& path, const std::string& what, const JailTrees& trees) {
  const auto is_tree = trees_for(trees);
  if (!is_tree) return Fail(is_tree.error());
  return walk_host_path(path, what, *is_tree);
}

Result<std::string> find_host_path(const std::string& path, const std::string& what, const JailTrees& trees) {
  auto found = walk_past_jails(path, what, trees);
  if (!found) return Fail(found.error());
  return std::move(found->real);
}

}  // namespace jaild::host
