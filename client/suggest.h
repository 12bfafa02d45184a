// "Did you mean": the words that are a slip of the finger away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jaild::client {

// The candidates within a third of the word's length (at least 1, at most 3) in insertions, deletions, replacements and
// swaps of neighbours; nearest first, at most three.
[[nodiscard]] std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// "web", "web or db", "web, db or mx".
[[nodiscard]] std::string alternatives(const std::vector<std::string>& words);

}  // namespace jaild::client
