// The one deadline of a connection: whatever it waits for, it waits no longer than this.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace jaild::server {

// Loop thread only. Moving the deadline on is the common case and costs no timer operation: the timer that is armed
// looks at the deadline when it fires and sleeps on.
class Deadline {
 public:
  // `expired` is called on the loop when the deadline passes, and ten times a second from then on until set() or
  // clear(); never after the destructor.
  Deadline(const boost::asio::any_io_executor& executor, std::function<void()> expired);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(std::chrono::milliseconds from_now);
  void clear();
  [[nodiscard]] bool passed() const;  // since the last set()

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace jaild::server
