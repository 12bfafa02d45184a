#include "client/commands/jail_action.h"

namespace jaild::client {

ExitCode run_jail_action(Session& session, const JailAction& options) {
  if (const ExitCode wrong = session.check_names(options.names); wrong != ExitCode::ok) return wrong;
  Action action = options.action;
  action.wait = !options.no_wait;
  const Acted acted = act(session, options.names, action);
  if (!acted.objects.empty()) session.print_objects(acted.objects);
  return acted.code;
}

}  // namespace jaild::client
