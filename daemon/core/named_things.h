// What a spec needs on a FreeBSD kernel beside the jail itself, as far as the spec alone tells. Pure.
#pragma once

#include <string>

#include "api/contract/jail_spec.h"
#include "daemon/core/operation.h"

namespace jaild::core {

// The entries that Resolve would find, in its order and with the same ids, without a look at the host. What only a look
// can tell is one entry that is named as the spec names it: the lines of an fstab file (a mount called like the file),
// the addresses of ip_hostname (an alias "em0|www.example.org").
Resolved named_things(const JailSpec& spec);

}  // namespace jaild::core
