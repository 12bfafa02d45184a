// jaild as jailctl sees it: an HTTP server on a Unix socket in a directory of its own, whose answers a test decides.
// One thread serves one connection after the other; everything ends in the destructor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace jaild::test {

struct FakeRequest {
  std::string method;
  std::string target;
  std::string body;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct FakeReply {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  bool silent = false;     // takes the request and answers only when the client has gone
  bool truncated = false;  // breaks the connection in the middle of the body
  bool open = false;       // after the body nothing more comes, and the connection stays
};

class FakeDaemon {
 public:
  using Answer = std::function<FakeReply(const FakeRequest&)>;  // called on the server's thread

  explicit FakeDaemon(Answer answer);
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] int tcp_port() const { return tcp_port_; }  // the same server on 127.0.0.1

  // What was asked so far: "PUT /jails/web?dry_run=1".
  [[nodiscard]] std::vector<std::string> calls() const;
  // The last request with this call text; fails the test when there is none.
  [[nodiscard]] FakeRequest request(const std::string& call) const;

 private:
  struct Server;
  void serve();

  Answer answer_;
  std::string directory_;
  std::string socket_;
  int tcp_port_ = 0;
  std::unique_ptr<Server> server_;
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::thread thread_;
};

}  // namespace jaild::test
