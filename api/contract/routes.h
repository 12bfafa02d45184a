// The HTTP calls, once: the router, the client and the check against openapi/jaild.yaml read this table.
#pragma once

#include <span>
#include <string_view>

namespace jaild {

enum class Role { none, viewer, operator_, admin };  // none: no identity needed (livez, readyz, version)

enum class RouteId {
  list_jails,
  declare_jail,
  get_jail,
  put_jail,
  patch_jail,
  delete_jail,
  start_jail,
  stop_jail,
  restart_jail,
  rollback_jail,
  adopt_jail,
  jail_usage,
  jail_processes,
  jail_history,
  jail_log,
  events,
  metrics,
  livez,
  readyz,
  version,
  host,
  openapi,
};

struct Route {
  RouteId id;
  std::string_view method;
  std::string_view path;  // "/jails/{name}/start"
  Role role;
  bool body;  // takes a JSON body
};

[[nodiscard]] std::span<const Route> routes();

}  // namespace jaild
