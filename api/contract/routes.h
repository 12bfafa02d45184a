// The HTTP calls, once: the router, the client and the check against openapi/jaild.yaml read this table.
#pragma once

#include <span>
#include <string_view>

#include "api/contract/role.h"

namespace jaild {

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
  plan_set,
  apply_set,
  exec_once,
  exec_stream,
  events,
  list_tokens,
  create_token,
  delete_token,
  metrics,
  livez,
  readyz,
  version,
  host,
  openapi,
  debug_tasks,
};

struct Route {
  RouteId id;
  std::string_view method;
  std::string_view path;  // "/jails/{name}/start"; at most one segment is a slot in braces
  Role role;              // none: no identity needed (livez, readyz, version)
  bool body;              // takes a JSON body
};

[[nodiscard]] std::span<const Route> routes();

}  // namespace jaild
