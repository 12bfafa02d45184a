// Paths of the host that may lead through a jail: its root user may have planted a link there, for us to follow
// outside.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/host/host_walk.h"
#include "daemon/host/jail_trees.h"

namespace jaild::host {

// Where jails can write: below the root of any that lives, whoever made it, and in `trees`, which outlives the answer.
Result<IsTree> trees_for(const JailTrees& trees);

// walk_host_path(); a jail can write below the root of any jail that lives, whoever made it, and in `trees`.
Result<Walked> walk_past_jails(const std::string& path, const std::string& what, const JailTrees& trees);

// The real path of `path`. Where a jail can write no component may be a symbolic link. `what` is what the error calls
// it. Kind::missing: it does not exist. Kind::host_refused: it leads through such a link.
Result<std::string> find_host_path(const std::string& path, const std::string& what, const JailTrees& trees);

}  // namespace jaild::host
