// How much a store keeps and how much may wait for it. Both implementations hold to it.
#pragma once

#include <cstddef>

namespace jaild::store {

struct Limits {
  std::size_t waiting = 10'000;          // calls that wait; one more is Kind::overloaded
  std::size_t events = 100'000;          // the newest; design.md 6, GET /events
  std::size_t events_trim_step = 1'000;  // older ones go at every so many new ones: a trim walks all ids, about 2 ms
  std::size_t versions_per_jail = 100;   // the newest
  std::size_t exits_per_jail = 100;      // the newest
};

}  // namespace jaild::store
