#include "daemon/host/linux/jail_watch.h"

#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "daemon/host/linux/pidfd.h"
#include "daemon/host/linux/proc.h"

namespace jaild::host {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds monitor_patience{1};

}  // namespace

void JailWatch::add(const core::JailKey& key, std::uint64_t start_time) {
  boost::asio::dispatch(io_, [this, key, start_time] { follow(key, start_time); });
}

void JailWatch::forget(std::uint64_t run) {
  boost::asio::dispatch(io_, [this, run] { jails_.erase(run); });
}

void JailWatch::follow(const core::JailKey& key, std::uint64_t start_time) {
  const auto [jail, fresh] = jails_.try_emplace(key.run);
  if (!fresh) return;
  jail->second.key = key;
  UniqueFd process = open_pidfd(key.jid);
  // The order matters: a pid that is the jail's after its descriptor was opened was so before.
  if (!process || !is_alive(key.jid, start_time)) {
    boost::asio::post(io_, [this, run = key.run] { process_ended(run); });
    return;
  }
  using boost::asio::posix::stream_descriptor;
  jail->second.process = std::make_unique<stream_descriptor>(io_, process.release());
  jail->second.process->async_wait(stream_descriptor::wait_read, [this, run = key.run](error_code error) {
    if (!error) process_ended(run);
  });
}

void JailWatch::process_ended(std::uint64_t run) {
  const auto jail = jails_.find(run);
  if (jail == jails_.end()) return;
  jail->second.ended = true;
  if (!handlers_.has_monitor(run)) return tell(run);
  jail->second.patience = std::make_unique<boost::asio::steady_timer>(io_, monitor_patience);
  jail->second.patience->async_wait([this, run](error_code error) {
    if (!error) tell(run);
  });
}

void JailWatch::monitor_lost(std::uint64_t run) {
  const auto jail = jails_.find(run);
  if (jail != jails_.end() && jail->second.ended) tell(run);
}

void JailWatch::tell(std::uint64_t run) {
  const auto jail = jails_.find(run);
  if (jail == jails_.end()) return;
  const core::JailKey key = jail->second.key;
  jails_.erase(jail);
  handlers_.gone(key);
}

}  // namespace jaild::host
