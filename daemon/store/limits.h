// How much a store keeps and how much may wait for it. Both implementations hold to it.
#pragma once

#include <chrono>
#include <cstddef>

namespace jaild::store {

struct Limits {
  std::size_t waiting = 10'000;            // calls that wait; one more is Kind::overloaded
  std::size_t events = 100'000;            // the newest; doc/events.md
  std::chrono::hours events_age{24 * 90};  // older ones go too, but for the newest events_kept
  std::size_t events_kept = 1'000;         // whatever their age: a quiet host still knows its last months
  std::size_t events_trim_step = 1'000;    // older ones go at every so many new ones: a trim walks all ids, about 2 ms
  std::size_t versions_per_jail = 100;     // the newest
};

}  // namespace jaild::store
