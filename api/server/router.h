// Which call a method and a path mean, by the table in api/contract/routes.h.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/contract/result.h"
#include "api/contract/routes.h"

namespace jaild::server {

// What a listener serves: everything, or only what needs no identity on a loopback port.
enum class Surface { full, probes };

struct Match {
  const Route* route = nullptr;  // in routes(), which lives for ever
  std::string name;              // what the slot in braces stands for; "" where the path has none
};

struct Allowed {
  std::string methods;  // for the Allow field: "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
};

// Match; or, for OPTIONS and for a method that the path does not have, what it does have. HEAD matches as GET.
// Kind::not_found: no such path on this surface. Kind::invalid: a name that no jail can have where one would be
// written; a read takes any, because other programs name their jails as they like.
Result<std::variant<Match, Allowed>> find_route(Surface surface, std::string_view method,
                                                const std::vector<std::string>& segments);

}  // namespace jaild::server
