#include "daemon/host/freebsd/host_path.h"

#include <set>

#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/mount_point.h"

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

Result<std::string> find_host_path(const std::string& path, const std::string& what) {
  const auto roots = roots_of_jails();
  if (!roots) return Fail(roots.error());
  // From above: the first root that the path enters is the one whose jail decides over the rest.
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    const auto real = real_path(above, what);
    if (!real) return real_path(path, what);  // whose error names the whole of it
    if (roots->contains(*real)) return find_mount_point(above, path, what);
  }
  return real_path(path, what);
}

}  // namespace jaild::host
