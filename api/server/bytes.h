// How many bytes of requests and answers the server holds: so that nobody, by mistake or by malice, fills the memory.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>

#include "api/contract/role.h"

namespace jaild::server {

// Loop thread only. One for all listeners. Askers are told apart as in Shares.
class ByteLedger {
 public:
  explicit ByteLedger(std::size_t all) : all_(all) {}

  // One asker may have half of all; a quarter of all is left to admins, whatever the others do.
  [[nodiscard]] std::size_t most_of_one() const { return all_ - all_ / 2; }
  [[nodiscard]] std::size_t most_of(Role role) const { return role == Role::admin ? all_ : all_ - all_ / 4; }

  [[nodiscard]] std::size_t taken() const { return taken_; }  // by all
  [[nodiscard]] std::size_t taken_by(const std::string& asker) const;

 private:
  friend class Bytes;
  const std::size_t all_;
  std::unordered_map<std::string, std::size_t> by_asker_;  // never 0
  std::size_t taken_ = 0;
};

// What one request holds, given back at the end of its life.
class Bytes {
 public:
  // `ledger` outlives this.
  Bytes(ByteLedger& ledger, std::string asker, Role role) : ledger_(ledger), asker_(std::move(asker)), role_(role) {}
  ~Bytes() { static_cast<void>(hold(0)); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  // From now on so many instead of what it held. False, and as before: a bound is reached. Less is never refused.
  [[nodiscard]] bool hold(std::size_t bytes);
  [[nodiscard]] std::size_t held() const { return held_; }

 private:
  ByteLedger& ledger_;
  const std::string asker_;
  const Role role_;
  std::size_t held_ = 0;
};

}  // namespace jaild::server
