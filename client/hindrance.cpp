#include "client/hindrance.h"

#include <set>
#include <vector>

#include "api/contract/jail_spec.h"
#include "client/fields.h"

namespace jaild::client {

using nlohmann::json;

namespace {

class Search {
 public:
  explicit Search(const LookAt& look_at) : look_at_(look_at) {}

  Hindrance of(const json& object) {
    const std::string state = text_at(object, "/status/state");
    const std::string reason = text_at(object, "/status/reason");
    if (state != "blocked") return {};
    if (field_at(object, "/status/next_try_at") != nullptr) return missing(object, reason);
    for (const std::string& name : needs_of(object)) {
      if (!seen_.insert(name).second) continue;
      if (Hindrance found = needed(name, reason); found.hold != Hold::none) return found;
    }
    const bool waits_for_jail = reason.find(", which is ") != std::string::npos;
    return {waits_for_jail ? Hold::passes : Hold::queued, reason, ""};
  }

 private:
  static std::vector<std::string> needs_of(const json& object) {
    std::vector<std::string> names = texts_at(object, "/spec/params/depend");
    if (std::string parent = parent_name(text_at(object, "/name")); !parent.empty()) names.push_back(std::move(parent));
    return names;
  }

  // The daemon looked for what the start needs and did not find it.
  static Hindrance missing(const json& object, const std::string& reason) {
    const std::string name = text_at(object, "/name");
    return {Hold::needs_help, reason,
            "put that right and say `jailctl up " + name + "`; jaild also looks again by itself, `jailctl down " +
                name + "` ends that"};
  }

  // Of one that `reason` may be about; none where it is ready.
  Hindrance needed(const std::string& name, const std::string& reason) {
    const json object = look_at_(name);
    if (object.is_null()) {
      return {Hold::needs_help, "depends on " + name + ", which does not exist",
              "declare " + name + ", or take it out of depend"};
    }
    const std::string state = text_at(object, "/status/state");
    const std::string why = text_at(object, "/status/reason");
    const std::string waits = "waits for " + name + ", which is " + state + (why.empty() ? "" : ": " + why);
    const std::string again =
        "`jailctl status " + name + "` shows every step, `jailctl up " + name + "` tries it again";
    if (state == "failed") return {Hold::needs_help, waits, again};
    if (state == "stopped") {
      const bool ended = text_at(object, "/desired") == "running";
      return {Hold::needs_help, "waits for " + name + (ended ? ", which ran and ended" : ", which is stopped"),
              "`jailctl up " + name + "` starts it"};
    }
    if (state == "blocked") {
      Hindrance deeper = of(object);
      if (deeper.hold == Hold::needs_help) deeper.reason = "waits for " + name + ", which " + with_verb(deeper.reason);
      return deeper;
    }
    if (state == "running" && flag_at(object, "/status/ready")) return {};
    // Its start failed, as that of a jail that is waited for itself; without the time it is on its way again.
    const std::string next_try = text_at(object, "/status/next_try_at");
    if (state == "backoff" && !next_try.empty()) {
      return {Hold::needs_help, waits, again + ", and jaild does at " + next_try};
    }
    return {Hold::passes, state == "backoff" ? waits : reason, ""};
  }

  // "waits for db" and "depends on db" go on after "which"; what is missing on the host does not.
  static std::string with_verb(const std::string& reason) {
    return reason.starts_with("waits ") || reason.starts_with("depends ") ? reason : "is blocked: " + reason;
  }

  const LookAt& look_at_;
  std::set<std::string> seen_;  // dependencies have no cycle, but what is looked at may change meanwhile
};

}  // namespace

Hindrance hindrance_of(const json& object, const LookAt& look_at) {
  return Search(look_at).of(object);
}

}  // namespace jaild::client
