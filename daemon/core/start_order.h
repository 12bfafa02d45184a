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

// A loop through `name`, as "a -> b -> a" spelled in a list (first equals last); empty when there is none.
std::vector<std::string> find_loop(const std::string& name, const DependencyLookup& lookup);

// Everything reachable from `name` along `next`, nearest first, without `name`.
std::vector<std::string> closure(const std::string& name, const DependencyLookup& next);

}  // namespace jaild::core
