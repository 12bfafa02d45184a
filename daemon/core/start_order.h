// The dependency graph over all jails: `depend` and, for a dotted name, its parent. Pure functions of names.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"

namespace jaild::core {

// What must be up before `name`: its `depend` list and its parent, without doubles.
std::vector<std::string> dependencies_of(const std::string& name, const JailSpec& spec);

// Gives the dependencies of a jail, or nothing for an unknown one. Looks only during the call.
using DependencyLookup = std::function<std::vector<std::string>(const std::string&)>;

// Loops among `names` and all that they need, each spelled out as "a", "b", "a"; of loops that share a jail at least
// one, at most `most` in all. Empty when there is none.
std::vector<std::vector<std::string>> find_loops(const std::vector<std::string>& names, const DependencyLookup& lookup,
                                                 std::size_t most);

// Everything reachable from `names` along `next`, nearest first, without `names`.
std::vector<std::string> closure(const std::vector<std::string>& names, const DependencyLookup& next);

// `names` and everything they depend on, dependencies first; among the free the lower `priority` first, then by name.
// Jails in a loop, and those that depend on them, are left out.
std::vector<std::string> in_start_order(const std::vector<std::string>& names, const DependencyLookup& lookup,
                                        const std::function<int(const std::string&)>& priority);

}  // namespace jaild::core
