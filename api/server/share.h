// How much of a listener one asker has: so that nobody, by mistake or by malice, takes all of it.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>

namespace jaild::server {

// Loop thread only. Askers are told apart by Requester::by: a user, a token; over TCP all who show no token are one.
class Shares {
 public:
  // Of `all` places one asker may have half, and one in any case.
  static constexpr std::size_t most_of(std::size_t all) { return all - all / 2; }

  [[nodiscard]] std::size_t taken() const { return taken_; }  // by all
  [[nodiscard]] std::size_t taken_by(const std::string& asker) const;

 private:
  friend class Share;
  std::unordered_map<std::string, std::size_t> by_asker_;  // never 0
  std::size_t taken_ = 0;
};

// One place, held from take() to the end of its life.
class Share {
 public:
  Share() = default;
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  // False: `all` are taken, or the asker has its part of them. `shares` outlives this. Call it once.
  bool take(Shares& shares, const std::string& asker, std::size_t all);

 private:
  Shares* shares_ = nullptr;
  std::pair<const std::string, std::size_t>* own_ = nullptr;  // in shares_, where it stays as long as it is not 0
};

}  // namespace jaild::server
