// Whose turn it is with the large work of a listener: sets, whose reading and planning take a tenth of a second each.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "api/contract/result.h"
#include "api/server/share.h"
#include "api/server/waiter.h"

namespace jaild::server {

// Loop thread only. One at a time has its turn; askers (Requester::by) take turns, so that the one who queued thirty is
// not before another who queued one.
class WorkTurns {
 private:
  struct Waiting {
    std::string asker;
    std::shared_ptr<Waiter> waiter;
    bool called = false;
  };

 public:
  // Of one listener wait at most so many, of one asker half of them (share.h).
  static constexpr std::size_t waiting_max = 16;

  // From take() to release() or the end of its life.
  class Turn {
   public:
    Turn() = default;
    ~Turn() { release(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Returns when it is this one's turn. Kind::overloaded: too many wait. Kind::unavailable: the client is gone.
    // `turns` outlives this. Call it once.
    boost::asio::awaitable<Result<void>> take(WorkTurns& turns, std::string asker, std::shared_ptr<Waiter> waiter);
    void release();

   private:
    WorkTurns* turns_ = nullptr;
    std::list<Waiting>::iterator place_;
    std::optional<Share> share_;
  };

 private:
  void call_next();

  std::list<Waiting> waiting_;  // and the one that has its turn, in the order they came
  bool taken_ = false;
  std::string last_;  // whose turn it was last
  Shares shares_;
};

}  // namespace jaild::server
