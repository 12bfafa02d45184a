// What holds for one jail: its own block and the wildcards that match it, in file order.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/jailconf/diagnostic.h"
#include "api/jailconf/limits.h"
#include "api/jailconf/syntax.h"

namespace jaild::jailconf {

// One parameter or variable of one jail after merging. The values are not owned.
struct Merged {
  std::string name;  // as it was spelled last
  bool variable = false;
  std::vector<const Value*> values;
  Place place;  // of the last statement
};

// Adds statements of one jail as jail(8) does: `=` replaces, `+=` appends, a name alone clears; foo and nofoo are one
// parameter and the later spelling holds. A second `name` or `jid`, and a variable called like a parameter, are errors.
class Merger {
 public:
  // `jail`: for messages; both outlive it.
  Merger(const std::string& jail, Diagnostics& diagnostics) : jail_(jail), diagnostics_(diagnostics) {}

  void add(const Statement& statement);
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool has(const std::string& name) const { return find(name).has_value(); }
  [[nodiscard]] std::vector<Merged> take() { return std::move(list_); }

 private:
  using Places = std::unordered_map<std::string, std::size_t>;

  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
  void fail(const Statement& statement, std::string message);

  const std::string& jail_;
  Diagnostics& diagnostics_;
  std::vector<Merged> list_;  // in the order of first mention
  Places by_name_;            // as spelled at first
  Places by_positive_;        // of those that were no-forms at first, what they are the no-form of
  bool failed_ = false;
};

}  // namespace jaild::jailconf
