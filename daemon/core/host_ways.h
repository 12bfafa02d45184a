// How the host under jaild differs from FreeBSD in what a spec comes to: what a dry run and a live change go by.
#pragma once

#include <functional>
#include <string>

#include "daemon/core/named_things.h"
#include "daemon/core/spec_diff.h"

namespace jaild::core {

struct HostWays {
  // What Resolve would find for a jail of this name, as far as can be told without a look. Pure.
  std::function<Resolved(const std::string& name, const JailSpec& spec)> things_of =
      [](const std::string&, const JailSpec& spec) { return named_things(spec); };
  ChangesLive changes_live = {};
};

}  // namespace jaild::core
