// The rules of a spec, from the single field to the host. parse_spec(), parse_jail_document() and validate() are made
// of them. All are pure and add to `mistakes`; `pointer` is where the spec stands in its document.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "api/contract/host_profile.h"
#include "api/contract/jail_spec.h"
#include "api/contract/mistakes.h"

namespace jaild {

constexpr std::size_t list_max = 1000;        // entries of any list or map in a spec
constexpr std::size_t command_max = 131'071;  // bytes; one argument of execve(2) on Linux, FreeBSD takes more
constexpr std::chrono::seconds duration_max = std::chrono::days(365);

// Single fields: ranges, lengths, texts.
void check_fields(const JailSpec& spec, const std::string& pointer, Mistakes& mistakes);

// Fields that depend on each other, and texts with a grammar: paths, addresses, fstab lines. A field that `mistakes`
// holds already is not judged again.
void check_relations(std::string_view name, const JailSpec& spec, const std::string& pointer, Mistakes& mistakes);

// What depends on the host: unknown parameters, CPUs, RACCT.
void check_host(const JailSpec& spec, const HostProfile& host, const std::string& pointer, Mistakes& mistakes);

}  // namespace jaild
