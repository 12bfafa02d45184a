// What is: survey, usage and processes, each one walk.
#include <set>

#include <boost/asio/post.hpp>

#include "api/contract/jail_spec.h"
#include "daemon/host/freebsd/cpusets.h"
#include "daemon/host/freebsd/freebsd_host.h"
#include "daemon/host/freebsd/jail_calls.h"
#include "daemon/host/freebsd/mounts.h"
#include "daemon/host/freebsd/processes.h"
#include "daemon/host/freebsd/racct.h"

namespace jaild::host {
namespace {

// Those that have a child jail that lives, which keeps its parent alive in the kernel, too.
std::set<std::string> parents_in(const std::vector<JailFacts>& jails) {
  std::set<std::string> parents;
  for (const JailFacts& facts : jails) {
    if (!facts.dying) parents.insert(parent_name(facts.name));
  }
  return parents;
}

}  // namespace

Result<Survey> FreebsdHost::survey() {
  Survey survey;
  const auto catalog = ParamCatalog::discover();  // a module may have brought parameters since we started
  auto jails = all_jails(catalog ? *catalog : catalog_, true);
  if (!jails) return Fail(jails.error());
  const auto inhabited = jails_with_processes();
  if (!inhabited) return Fail(inhabited.error());
  auto rules = all_jail_rules();
  if (!rules) return Fail(rules.error());
  survey.jails = std::move(*jails);
  const auto parents = parents_in(survey.jails);
  for (JailFacts& facts : survey.jails) {
    facts.empty = !inhabited->contains(facts.jid) && !parents.contains(facts.name);
    if (facts.dying) continue;  // rules go by name: they are those of the jail that lives
    facts.cpus = jail_cpus(facts.jid);
    if (const auto found = rules->find(facts.name); found != rules->end()) facts.rules = std::move(found->second);
  }
  survey.monitors = link().monitors();
  survey.mount_points = mount_points();
  // devd may have been restarted since the last look.
  boost::asio::post(io(), [this] {
    if (!ending()) devctl_.connect();
  });
  return survey;
}

Result<std::map<std::string, Usage>> FreebsdHost::usage(const std::vector<JailKey>& keys) {
  std::map<std::string, Usage> all;
  const bool counted = profile().racct;  // once: it looks at the kernel's modules
  for (const JailKey& key : keys) {
    // The kernel answers zeros for a name that it does not know.
    const bool lives = key.jid > 0 ? jail_name(key.jid, false) == key.name : find_jail(key.name).has_value();
    if (!lives) continue;
    auto one = counted ? jail_usage(key.name) : Result<Usage>(Usage{});
    if (!one) return Fail(one.error());
    all.emplace(key.name, std::move(*one));
  }
  return all;
}

Result<std::vector<ProcessInfo>> FreebsdHost::processes(const JailKey& key) {
  constexpr std::size_t shown_max = 10'000;
  // JIDs are used again; and what a removed jail leaves are zombies that their parent has not reaped yet.
  if (jail_name(key.jid, false) != key.name) return std::vector<ProcessInfo>();
  return processes_of(key.jid, shown_max);
}

}  // namespace jaild::host
