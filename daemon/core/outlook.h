// All jails as they would be after a write: those that it puts or takes out, and the others as they are. What a write
// is checked against and planned with. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/contract/error.h"
#include "daemon/core/jail_index.h"
#include "daemon/core/records.h"

namespace jaild::core {

class Outlook {
 public:
  // The record of a jail as it is; nullptr: none, or it is being deleted. Outlives the Outlook.
  using Present = std::function<const JailRecord*(const std::string& name)>;

  Outlook(Present present, const JailIndex& index) : present_(std::move(present)), index_(index) {}

  void put(JailRecord record);  // an earlier one of that name too; the spec of a jail is put once
  void take_out(const std::string& name);

  // Those that were put or taken out; the latter without a record.
  [[nodiscard]] const std::map<std::string, std::optional<JailRecord>>& changed() const { return changed_; }
  [[nodiscard]] const JailRecord* find(const std::string& name) const;  // nullptr: there would be none
  [[nodiscard]] std::vector<std::string> dependencies_of(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> dependants_of(const std::string& name) const;

  // Those that were put, dependencies first, then by priority and name.
  [[nodiscard]] std::vector<const JailRecord*> in_start_order() const;

  // What of a jail does not go together with the others: what it depends on, its parent, its addresses. Pointers as in
  // its document; `name` is one that was put. Loops are told apart, as they concern more than one.
  [[nodiscard]] std::vector<FieldError> mistakes(const std::string& name) const;
  // Of `names` and all that they need; see find_loops().
  [[nodiscard]] std::vector<std::vector<std::string>> loops(const std::vector<std::string>& names) const;

 private:
  [[nodiscard]] const std::string* other_user(const std::string& name, const std::string& address, bool alone) const;

  Present present_;
  const JailIndex& index_;  // of the present
  std::map<std::string, std::optional<JailRecord>> changed_;
  JailIndex changed_index_;  // of those that were put
};

// As the mistake of a spec: "the dependencies form a loop: a -> b -> a".
[[nodiscard]] FieldError loop_mistake(const std::vector<std::string>& loop);

}  // namespace jaild::core
