#include "api/server/share.h"

namespace jaild::server {

std::size_t Shares::taken_by(const std::string& asker) const {
  const auto found = by_asker_.find(asker);
  return found == by_asker_.end() ? 0 : found->second;
}

bool Share::take(Shares& shares, const std::string& asker, std::size_t all) {
  if (shares.taken_ >= all || shares.taken_by(asker) >= Shares::most_of(all)) return false;
  own_ = &*shares.by_asker_.try_emplace(asker, 0).first;
  ++own_->second;
  ++shares.taken_;
  shares_ = &shares;
  return true;
}

Share::~Share() {
  if (shares_ == nullptr) return;
  --shares_->taken_;
  if (--own_->second == 0) shares_->by_asker_.erase(shares_->by_asker_.find(own_->first));
}

}  // namespace jaild::server
