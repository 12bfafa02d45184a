// The Unix socket that jaild connects to: one connection, lines in, lines out, nothing here ever blocks.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

class Server {
 public:
  // Kind::exists: somebody listens there already. A socket left by a dead monitor is replaced.
  static Result<Server> listen(const std::string& path);

  // Whoever connects from now on is told that this process listens, and not the one that forked it.
  void claim() const;

  [[nodiscard]] int listener() const { return listener_.get(); }
  [[nodiscard]] int connection() const { return connection_.get(); }  // -1: none
  [[nodiscard]] bool wants_to_write() const { return sent_ < output_.size(); }

  // A connection replaces the one before when it says its first byte, not when it is made: who only probes whether
  // somebody listens does not cut jaild off. Until then it is the candidate, replaced by a newer one.
  void accept();
  [[nodiscard]] int candidate() const { return candidate_.get(); }  // -1: none
  // The candidate has something to read, or has gone. True: it is the connection now.
  bool promote();
  // The complete lines that are there now. A connection that ended, failed or sent too long a line is closed.
  std::vector<std::string> receive();
  // The oldest `count` descriptors that came with lines, in their order; fewer when there are fewer.
  std::vector<UniqueFd> take_fds(std::size_t count);
  // False: nobody is there. A peer that leaves more than `output_max` unread is dropped.
  bool send(const std::string& line);
  void flush();
  void close_connection();

  // What a jaild may leave unread: many answers, far below what would be felt in memory.
  static constexpr std::size_t output_max = 256 * 1024;

 private:
  UniqueFd listener_;
  UniqueFd candidate_;
  UniqueFd connection_;
  std::vector<UniqueFd> fds_;  // came, and no line has taken them yet
  std::string input_;
  std::string output_;
  std::size_t sent_ = 0;
};

// Is the process at the other end root on the host, outside any jail? Each system answers in its own way.
bool is_trusted_peer(int socket);

}  // namespace jaild::monitor
