// Once a second: whether what jaild needs in the file system is still there under its name. Tools that clean up, and
// people, remove what a process still has open, and it would not notice.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/server/server.h"
#include "daemon/host/unique_fd.h"
#include "daemon/runtime/jail_service.h"
#include "daemon/store/store.h"

namespace jaild {

// Loop thread only; all that it is given outlives it.
class Upkeep {
 public:
  Upkeep(boost::asio::io_context& context, std::filesystem::path run_dir, UniqueFd& lock, server::Server& server,
         store::Store& store, runtime::JailService& service)
      : timer_(context), run_dir_(std::move(run_dir)), lock_(lock), server_(server), store_(store), service_(service) {}
  ~Upkeep() { *alive_ = false; }
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void begin();

 private:
  void look();
  // Sockets that are gone are made again, unless another jaild has the run directory by now.
  void look_after_sockets();
  // A database that is gone is told: writes are refused by the store itself.
  void look_after_store();
  // A warning, when it is not what was said last of this.
  static void tell(std::string& last, const std::string& now);

  boost::asio::steady_timer timer_;
  const std::filesystem::path run_dir_;
  UniqueFd& lock_;
  server::Server& server_;
  store::Store& store_;
  runtime::JailService& service_;
  std::string said_of_sockets_;
  std::string said_of_store_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild
