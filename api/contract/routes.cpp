#include "api/contract/routes.h"

#include <array>

namespace jaild {
namespace {

// Declaring a jail is root-equivalent (its hooks run as root on the host), and so is running commands in one, hence
// admin; operators start and stop what was declared; whoever may make tokens may become admin; the probes and /version
// say nothing that is worth a secret.
constexpr std::array all_routes{
    Route{RouteId::list_jails, "GET", "/jails", Role::viewer, false},
    Route{RouteId::declare_jail, "POST", "/jails", Role::admin, true},
    Route{RouteId::get_jail, "GET", "/jails/{name}", Role::viewer, false},
    Route{RouteId::put_jail, "PUT", "/jails/{name}", Role::admin, true},
    Route{RouteId::patch_jail, "PATCH", "/jails/{name}", Role::admin, true},
    Route{RouteId::delete_jail, "DELETE", "/jails/{name}", Role::admin, false},
    Route{RouteId::start_jail, "POST", "/jails/{name}/start", Role::operator_, false},
    Route{RouteId::stop_jail, "POST", "/jails/{name}/stop", Role::operator_, false},
    Route{RouteId::restart_jail, "POST", "/jails/{name}/restart", Role::operator_, false},
    Route{RouteId::rollback_jail, "POST", "/jails/{name}/rollback", Role::admin, false},
    Route{RouteId::adopt_jail, "POST", "/jails/{name}/adopt", Role::admin, false},
    Route{RouteId::jail_usage, "GET", "/jails/{name}/usage", Role::viewer, false},
    Route{RouteId::jail_processes, "GET", "/jails/{name}/processes", Role::viewer, false},
    Route{RouteId::jail_history, "GET", "/jails/{name}/history", Role::viewer, false},
    Route{RouteId::jail_log, "GET", "/jails/{name}/log", Role::viewer, false},
    Route{RouteId::plan_set, "POST", "/plan", Role::viewer, true},
    Route{RouteId::apply_set, "POST", "/apply", Role::admin, true},
    Route{RouteId::exec_once, "POST", "/jails/{name}/exec", Role::admin, true},
    Route{RouteId::exec_stream, "GET", "/jails/{name}/exec", Role::admin, false},
    Route{RouteId::events, "GET", "/events", Role::viewer, false},
    Route{RouteId::list_tokens, "GET", "/tokens", Role::admin, false},
    Route{RouteId::create_token, "POST", "/tokens", Role::admin, true},
    Route{RouteId::delete_token, "DELETE", "/tokens/{id}", Role::admin, false},
    Route{RouteId::metrics, "GET", "/metrics", Role::viewer, false},
    Route{RouteId::livez, "GET", "/livez", Role::none, false},
    Route{RouteId::readyz, "GET", "/readyz", Role::none, false},
    Route{RouteId::version, "GET", "/version", Role::none, false},
    Route{RouteId::host, "GET", "/host", Role::viewer, false},
    Route{RouteId::openapi, "GET", "/openapi.json", Role::viewer, false},
    Route{RouteId::debug_tasks, "GET", "/debug/tasks", Role::admin, false},
};

}  // namespace

std::span<const Route> routes() {
  return all_routes;
}

}  // namespace jaild
