#include "api/server/bytes.h"

namespace jaild::server {

std::size_t ByteLedger::taken_by(const std::string& asker) const {
  const auto found = by_asker_.find(asker);
  return found == by_asker_.end() ? 0 : found->second;
}

bool Bytes::hold(std::size_t bytes) {
  const std::size_t others = ledger_.taken_ - held_;
  const std::size_t others_of_asker = ledger_.taken_by(asker_) - held_;
  const auto fits = [bytes](std::size_t taken, std::size_t most) { return taken <= most && bytes <= most - taken; };
  const bool bounded = fits(others, ledger_.most_of(role_)) && fits(others_of_asker, ledger_.most_of_one());
  if (bytes > held_ && !bounded) return false;
  ledger_.taken_ = others + bytes;
  held_ = bytes;
  if (others_of_asker + bytes > 0) {
    ledger_.by_asker_[asker_] = others_of_asker + bytes;
  } else {
    ledger_.by_asker_.erase(asker_);
  }
  return true;
}

}  // namespace jaild::server
