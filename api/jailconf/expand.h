// Puts the values of variables into the values that name them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "api/jailconf/diagnostic.h"
#include "api/jailconf/limits.h"
#include "api/jailconf/merge.h"

namespace jaild::jailconf {

// A parameter of one jail, ready to use.
struct Setting {
  std::string name;
  std::vector<std::string> values;  // empty: the name stood alone, or a list without entries
  Place place;
  std::vector<Place> places = {};  // of each value
};

// The variables of one jail. Every parameter is a variable too. A variable with several values may stand where it is
// the whole string, and is then spliced in. Iterative; memory and time are bounded by `limits`.
class Expander {
 public:
  // `merged`, `jail` and `diagnostics` outlive it.
  Expander(const std::vector<Merged>& merged, const std::string& jail, const Limits& limits, Diagnostics& diagnostics);

  // All parameters, without the variables, in order. What cannot be expanded has "" in place of the variable, is
  // reported, and makes failed() true.
  std::vector<Setting> expand();
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of all values

 private:
  enum class State { untouched, under_way, done };
  struct Entry {
    const Merged* merged;
    State state = State::untouched;
    std::vector<std::string> values;
    std::vector<Place> places;  // of each value
    std::size_t value = 0;      // where looking for variables goes on
    std::size_t piece = 0;
  };

  void resolve(std::size_t entry);
  [[nodiscard]] const Piece* next_variable(Entry& entry) const;
  void build(Entry& entry);
  void append_value(Entry& entry, const Value& value);
  void add(Entry& entry, std::string value, Place place);
  [[nodiscard]] const std::vector<std::string>* values_of(const std::string& name) const;
  void fail(Place place, const std::string& token, std::string message);

  const std::string& jail_;
  const Limits& limits_;
  Diagnostics& diagnostics_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
  bool failed_ = false;
  bool stopped_ = false;  // a limit was reached
};

}  // namespace jaild::jailconf
