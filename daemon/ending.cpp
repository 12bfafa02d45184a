#include "daemon/ending.h"

#include <utility>

#include "daemon/log.h"

namespace jaild {

void Ending::wait() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    on_signal(signal);
    wait();
  });
}

void Ending::on_signal(int signal) {
  if (signal == SIGUSR2) return stop_jails();
  if (jails_ == Jails::stopping) {
    asked_ = true;
  } else {
    end();
  }
}

void Ending::stop_jails() {
  if (jails_ != Jails::run_on) return;
  jails_ = Jails::stopping;
  log_info("the host goes down; all jails are stopped");
  engine_.shut_down_jails(budget_, [this](bool all_down) {
    jails_ = Jails::down;
    log_info(all_down ? "all jails are down" : "not all jails stopped in time");
    if (asked_) end();
  });
}

void Ending::end() {
  if (std::exchange(ended_, true)) return;
  log_info(jails_ == Jails::run_on ? "ends; jails run on" : "ends");
  server_.stop([this] { context_.stop(); });
}

}  // namespace jaild
