// From a jail.conf to declarations: the JSON that PUT /jails/{name} takes, one for each jail.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/jailconf/configuration.h"

namespace jaild::jailconf {

struct Declared {
  std::string name;
  nlohmann::json body;                        // {"name","spec"}
  std::vector<std::string> depends;           // names, for the order of declaring
  std::vector<std::string> remarks;           // what became something else, or is not carried over, and why
  std::string place;                          // "FILE:3:1" of its block
  std::map<std::string, std::string> places;  // JSON Pointer of a member of `body` -> "FILE:5:3"

  // "FILE:5:3: error: jail NAME: DETAIL" for a mistake that somebody found at `pointer` of the body.
  [[nodiscard]] std::string located(std::string_view pointer, std::string_view detail) const;
};

struct Declarations {
  std::vector<Declared> jails;        // in file order
  std::vector<std::string> mistakes;  // all of all files; with one of them nothing is to be declared
  std::vector<std::string> warnings;
};

// `rctl_conf`: the text of /etc/rctl.conf, whose rules become the jails' own; "" for none.
[[nodiscard]] Declarations declare(const Configuration& configuration, std::string_view rctl_conf = "");

}  // namespace jaild::jailconf
