// A WebSocket client that sends the bytes of RFC 6455 itself, and a service with a jail to talk to.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

inline constexpr const char* upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

struct Frame {
  int opcode = -1;  // 1 text, 2 binary, 8 close, 9 ping; -1: the connection ended
  std::string data;
};

class WebSocket : public Client {
 public:
  explicit WebSocket(TestServer& server, int receive_buffer = 0, const std::string& fields = "")
      : Client(server.address(), receive_buffer) {
    send(request("GET", "/jails/www1/exec", "", upgrade + fields));
    status = read_reply(true).status;
  }
  // Masked with zeros, which RFC 6455 allows. Only the last 16 bits of a size are sent.
  void say(int opcode, const std::string& data) {
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (data.size() < 126) {
      frame += static_cast<char>(0x80 | data.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(data.size() >> 8);
      frame += static_cast<char>(data.size() & 255);
    }
    send(frame + std::string(4, '\0') + data);
  }
  void text(const std::string& data) { say(1, data); }
  void input(const std::string& data) { say(2, std::string(1, '\0') + data); }

  Frame next() {
    const std::string head = read_exactly(2);
    if (head.size() < 2) return {};
    std::size_t size = static_cast<unsigned char>(head[1]);
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (more > 0) {
      size = 0;
      for (const char c : read_exactly(more)) size = size << 8 | static_cast<unsigned char>(c);
    }
    return {head[0] & 15, read_exactly(size)};
  }
  nlohmann::json report() {
    const Frame frame = next();
    EXPECT_EQ(frame.opcode, 1) << frame.data;
    return nlohmann::json::parse(frame.data, nullptr, false);
  }
  int close_code() {
    const Frame frame = next();
    EXPECT_EQ(frame.opcode, 8) << frame.data;
    if (frame.data.size() < 2) return 0;
    return static_cast<unsigned char>(frame.data[0]) << 8 | static_cast<unsigned char>(frame.data[1]);
  }

  int status = 0;
};

inline void run_www1(TestServer& server) {
  server.run([&] {
    server.service().declare("www1");
    server.service().jails["www1"].status.jid = 7;
    server.service().declare("stopped", JailState::stopped);
  });
}

inline std::size_t processes(TestServer& server) {
  return server.run([&] { return server.service().exec_processes; });
}

inline const std::string bearer = "Authorization: Bearer s\r\n";

inline void give_token(TestServer& server, Role role) {
  server.run([&] { server.service().tokens_by_secret["s"] = Token{"0123456789ab", "ci", role, {}, "uid 0", {}, {}}; });
}

inline bool hung_up(TestServer& server) {
  return server.eventually([&] { return server.service().exec_processes == 0; });
}

}  // namespace jaild::server
