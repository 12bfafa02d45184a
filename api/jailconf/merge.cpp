#include "api/jailconf/merge.h"

#include <utility>

#include "api/jailconf/option_name.h"

namespace jaild::jailconf {
namespace {

bool set_once(const std::string& name) {
  return name == "name" || name == "jid" || name == "noname" || name == "nojid";
}

}  // namespace

// Of several that are the same parameter by another spelling, the one that was mentioned first.
std::optional<std::size_t> Merger::find(const std::string& name) const {
  std::optional<std::size_t> first;
  const auto look = [&](const Places& places, const std::string& spelling) {
    const auto at = places.find(spelling);
    if (at != places.end() && (!first || at->second < *first)) first = at->second;
  };
  look(by_name_, name);
  look(by_positive_, name);
  for (const std::string& positive : without_no_prefix(name)) look(by_name_, positive);
  return first;
}

void Merger::fail(const Statement& statement, std::string message) {
  failed_ = true;
  diagnostics_.error(statement.place, statement.name, jail_, std::move(message));
}

void Merger::add(const Statement& statement) {
  const auto at = find(statement.name);
  if (!at) {
    if (statement.variable && reserved_for_parameters(statement.name)) {
      fail(statement, "the variable $" + statement.name + " has the name of a parameter");
      return;
    }
    by_name_.emplace(statement.name, list_.size());
    for (std::string& positive : without_no_prefix(statement.name)) {
      by_positive_.emplace(std::move(positive), list_.size());
    }
    list_.push_back({statement.name, statement.variable, {}, statement.place});
  } else if (list_[*at].variable != statement.variable) {
    fail(statement, "$" + statement.name + " and " + statement.name + " cannot both be set");
    return;
  } else if (set_once(statement.name)) {
    fail(statement, statement.name + " is set already");
    return;
  }
  Merged& merged = list_[at.value_or(list_.size() - 1)];
  merged.name = statement.name;
  merged.place = statement.place;
  if (!statement.append) merged.values.clear();
  for (const Value& value : statement.values) merged.values.push_back(&value);
}

}  // namespace jaild::jailconf
