#include "daemon/upkeep.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "daemon/files.h"
#include "daemon/log.h"

namespace jaild {
namespace {

constexpr std::chrono::seconds interval{1};

}  // namespace

void Upkeep::begin() {
  timer_.expires_after(interval);
  timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (error || !*alive) return;
    look();
    begin();
  });
}

void Upkeep::look() {
  look_after_sockets();
  look_after_store();
}

void Upkeep::tell(std::string& last, const std::string& now) {
  if (now == last) return;
  last = now;
  if (!now.empty()) log_warning(now);
}

void Upkeep::look_after_sockets() {
  if (server_.has_socket_files()) return tell(said_of_sockets_, "");
  if (const auto ours = keep_run_dir_lock(run_dir_, lock_); !ours) {
    return tell(said_of_sockets_, "a socket of jaild is gone and is not made again: " + ours.error().message);
  }
  if (const auto made = server_.make_socket_files_again(); !made) {
    return tell(said_of_sockets_, "a socket of jaild is gone and cannot be made again: " + made.error().message);
  }
  tell(said_of_sockets_, "");
  log_warning("a socket of jaild was removed or replaced: it is made again");
}

void Upkeep::look_after_store() {
  store_.check([this, alive = alive_, executor = timer_.get_executor()](Result<void> sound) {
    boost::asio::post(executor, [this, alive, sound = std::move(sound)] {
      if (!*alive) return;
      const std::string fault = sound ? "" : sound.error().message;
      if (sound && !said_of_store_.empty()) log_info("the database is in its place again");
      tell(said_of_store_, fault);
      service_.note_store_fault(fault);
    });
  });
}

}  // namespace jaild
