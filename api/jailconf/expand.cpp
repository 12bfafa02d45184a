#include "api/jailconf/expand.h"

#include <algorithm>
#include <span>
#include <utility>

namespace jaild::jailconf {

Expander::Expander(const std::vector<Merged>& merged, const std::string& jail, const Limits& limits,
                   Diagnostics& diagnostics)
    : jail_(jail), limits_(limits), diagnostics_(diagnostics) {
  for (const Merged& one : merged) {
    by_name_.emplace(one.name, entries_.size());
    entries_.push_back({&one, State::untouched, {}, {}, 0, 0});
  }
}

std::vector<Setting> Expander::expand() {
  std::vector<Setting> settings;
  for (std::size_t at = 0; at < entries_.size() && !stopped_; ++at) resolve(at);
  for (Entry& entry : entries_) {
    if (entry.merged->variable) continue;
    settings.push_back({entry.merged->name, std::move(entry.values), entry.merged->place, std::move(entry.places)});
  }
  return settings;
}

void Expander::fail(Place place, const std::string& token, std::string message) {
  failed_ = true;
  diagnostics_.error(place, token, jail_, std::move(message));
}

const Piece* Expander::next_variable(Entry& entry) const {
  const auto& values = entry.merged->values;
  for (; entry.value < values.size(); ++entry.value, entry.piece = 0) {
    const auto& pieces = values[entry.value]->pieces;
    while (entry.piece < pieces.size()) {
      const Piece& piece = pieces[entry.piece++];
      if (piece.variable) return &piece;
    }
  }
  return nullptr;
}

// Depth first with a stack of our own: what an entry needs is built before it.
void Expander::resolve(std::size_t first) {
  if (entries_[first].state != State::untouched) return;
  std::vector<std::size_t> stack{first};
  entries_[first].state = State::under_way;
  while (!stack.empty() && !stopped_) {
    Entry& entry = entries_[stack.back()];
    const Piece* variable = next_variable(entry);
    if (variable == nullptr) {
      build(entry);
      entry.state = State::done;
      stack.pop_back();
      continue;
    }
    const auto needed = by_name_.find(variable->text);
    if (needed == by_name_.end()) continue;  // build() reports it
    Entry& other = entries_[needed->second];
    if (other.state == State::untouched) {
      other.state = State::under_way;
      stack.push_back(needed->second);
    } else if (other.state == State::under_way) {
      fail(entry.merged->place, "$" + variable->text,
           entry.merged->name + " needs $" + variable->text + ", which needs itself");
    }
  }
}

const std::vector<std::string>* Expander::values_of(const std::string& name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &entries_[at->second].values;
}

void Expander::build(Entry& entry) {
  for (const Value* value : entry.merged->values) {
    if (!stopped_) append_value(entry, *value);
  }
}

// jail(8) counts as "the whole string" whatever else expands to nothing.
void Expander::append_value(Entry& entry, const Value& value) {
  const auto literal = [](const Piece& piece) { return !piece.variable && !piece.text.empty(); };
  const bool alone = std::ranges::none_of(value.pieces, literal);
  std::string text;
  for (std::size_t at = 0; at < value.pieces.size(); ++at) {
    const Piece& piece = value.pieces[at];
    if (!piece.variable) {
      text += piece.text;
      continue;
    }
    const std::vector<std::string>* found = values_of(piece.text);
    const auto known = by_name_.find(piece.text);
    if (found == nullptr || entries_[known->second].merged->values.empty()) {
      fail(value.place, "$" + piece.text,
           entry.merged->name + ": " +
               (found == nullptr ? "there is no variable $" + piece.text : "$" + piece.text + " has no value"));
      continue;
    }
    // One that is not done needs itself: resolve() has said so, and where it is this one, its values grow as we read.
    if (found->empty() || entries_[known->second].state != State::done) continue;  // empty: it failed itself
    const auto rest = std::span(value.pieces).subspan(at + 1);
    const bool last = std::ranges::none_of(rest, &Piece::variable);
    if (found->size() > 1 && !(alone && text.empty() && last)) {
      fail(value.place, "$" + piece.text,
           entry.merged->name + ": $" + piece.text + " is a list, which cannot stand inside a string");
      continue;
    }
    if (text.size() + found->front().size() > limits_.jail_bytes) {
      fail(value.place, "$" + piece.text, "the variables of this jail grow without bound");
      stopped_ = true;
      return;
    }
    if (found->size() > 1) {
      diagnostics_.warning(value.place, "$" + piece.text, jail_,
                           entry.merged->name + " takes all values of $" + piece.text + "; jail(8) crashes on this");
      for (const std::string& one : *found) add(entry, one, value.place);
      return;
    }
    text += found->front();
  }
  add(entry, std::move(text), value.place);
}

void Expander::add(Entry& entry, std::string value, Place place) {
  bytes_ += value.size();
  ++count_;
  if (bytes_ > limits_.jail_bytes || count_ > limits_.jail_values) {
    if (!stopped_) fail(place, "", "the values of this jail grow beyond what one jail may have");
    stopped_ = true;
    return;
  }
  entry.values.push_back(std::move(value));
  entry.places.push_back(place);
}

}  // namespace jaild::jailconf
