#include "api/server/router.h"

#include <optional>
#include <set>

#include "api/contract/jail_spec.h"

namespace jaild::server {

namespace {

constexpr std::string_view name_slot = "{name}";
constexpr std::size_t slot_bytes = 255;  // no jail of the host, ours or not, and no token has a longer name

bool is_slot(std::string_view segment) {
  return segment.starts_with('{');
}

bool served(Surface surface, RouteId id) {
  if (surface == Surface::full) return true;
  return id == RouteId::metrics || id == RouteId::livez || id == RouteId::readyz;
}

// What the slot stands for ("" where the template has none); nullopt when the path is another one.
std::optional<std::string> match_path(std::string_view path, const std::vector<std::string>& segments) {
  std::string name;
  std::size_t at = 0;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    const std::string_view expected = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    if (at == segments.size()) return std::nullopt;
    if (is_slot(expected)) {
      name = segments[at];
    } else if (expected != segments[at]) {
      return std::nullopt;
    }
    ++at;
  }
  if (at != segments.size()) return std::nullopt;
  return name;
}

std::string joined(const std::set<std::string_view>& methods) {
  std::string text;
  for (const std::string_view method : methods) text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

Result<void> check_name(const Route& route, const std::string& name) {
  if (name.size() > slot_bytes) {
    return Fail(Kind::not_found, "nothing has a name of more than " + std::to_string(slot_bytes) + " bytes");
  }
  if (route.path.find(name_slot) == std::string_view::npos || route.method == "GET") return {};
  const auto wrong = name_problem(name);
  if (!wrong) return {};
  return Fail(Error{Kind::invalid, "the name in the path: " + *wrong, 0, {{"", "the name in the path: " + *wrong}}});
}

}  // namespace

Result<std::variant<Match, Allowed>> find_route(Surface surface, std::string_view method,
                                                const std::vector<std::string>& segments) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::set<std::string_view> methods;
  for (const Route& route : routes()) {
    if (!served(surface, route.id)) continue;
    auto name = match_path(route.path, segments);
    if (!name) continue;
    if (route.method == wanted) {
      const Result<void> good = check_name(route, *name);
      if (!good) return Fail(good.error());
      return Match{&route, std::move(*name)};
    }
    methods.insert(route.method);
  }
  if (methods.empty()) {
    return Fail(Kind::not_found, surface == Surface::full ? "there is no such path"
                                                          : "this address serves /metrics, /livez and /readyz only");
  }
  if (methods.contains("GET")) methods.insert("HEAD");
  methods.insert("OPTIONS");
  return Allowed{joined(methods)};
}

}  // namespace jaild::server
