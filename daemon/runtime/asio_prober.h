// Health checks over real sockets. Loop thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/runtime/prober.h"

namespace jaild::runtime {

class AsioProber final : public Prober {
 public:
  // `context` outlives this and its probes. Throws std::system_error where the thread that looks up names cannot be
  // made: Asio would make it with the first check, while jaild serves.
  explicit AsioProber(boost::asio::io_context& context);
  void probe(const HealthSettings& settings, std::function<void(Result<void>)> done) override;

 private:
  boost::asio::io_context& context_;
};

}  // namespace jaild::runtime
