// What a new spec changes for a jail that runs with an old one. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/contract/jail_spec.h"

namespace jaild::core {

struct SpecDiff {
  bool rctl = false;
  bool cpuset = false;
  // Changeable kernel parameters with their new value, a removed one its default. Of a removed meta.KEY or env.KEY that
  // is an empty list: the key goes, which a value of "" is not.
  std::map<std::string, ParamValue> params;
  std::vector<std::string> at_once;  // other fields that need nothing done: hooks of the stop, restart, labels...
  std::vector<std::string> restart;  // fields that take effect at the next start

  [[nodiscard]] bool live() const { return rctl || cpuset || !params.empty(); }
};

// Whether the host changes a kernel parameter of a jail that runs, of those that FreeBSD changes. Empty: it does.
using ChangesLive = std::function<bool(const std::string& param)>;

SpecDiff diff_specs(const JailSpec& running, const JailSpec& wanted, const ChangesLive& changes_live = {});

// `running` with everything of `wanted` that a SpecDiff lists as at_once.
void take_at_once(JailSpec& running, const JailSpec& wanted);

}  // namespace jaild::core
