#include "daemon/runtime/asio_prober.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace jaild::runtime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// A server that takes one connection and says what it is told to, whatever it is asked.
struct OneAnswer {
  OneAnswer(asio::io_context& context, std::string text)
      : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), peer(context), answer(std::move(text)) {
    acceptor.async_accept(peer, [this](const boost::system::error_code& error) {
      if (error || answer.empty()) return;
      peer.async_read_some(asio::buffer(request), [this](const boost::system::error_code&, std::size_t) {
        asio::async_write(peer, asio::buffer(answer), [](const boost::system::error_code&, std::size_t) {});
      });
    });
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }

  tcp::acceptor acceptor;
  tcp::socket peer;
  std::string answer;
  std::array<char, 4096> request{};
};

Result<void> probe(asio::io_context& context, HealthSettings settings) {
  AsioProber prober(context);
  std::optional<Result<void>> answer;
  prober.probe(settings, [&](Result<void> result) {
    answer = std::move(result);
    context.stop();
  });
  context.run();
  return answer ? *answer : Fail(Kind::internal, "no answer");
}

HealthSettings settings_for(HealthKind kind, const std::string& target) {
  HealthSettings settings;
  settings.kind = kind;
  settings.target = target;
  settings.timeout = std::chrono::seconds{5};
  return settings;
}

TEST(AsioProber, ATcpCheckSucceedsWhenTheConnectionIsTaken) {
  asio::io_context context;
  const OneAnswer server(context, "");
  EXPECT_TRUE(probe(context, settings_for(HealthKind::tcp, server.address())));
}

TEST(AsioProber, ATcpCheckNamesWhyThereIsNoConnection) {
  asio::io_context context;
  std::string address;
  {
    const OneAnswer closed(context, "");
    address = closed.address();
  }
  const auto result = probe(context, settings_for(HealthKind::tcp, address));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "connect: Connection refused");
}

TEST(AsioProber, AnHttpCheckComparesTheStatus) {
  const std::string answer = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
  {
    asio::io_context context;
    const OneAnswer server(context, answer);
    auto settings = settings_for(HealthKind::http, "http://" + server.address() + "/healthz");
    settings.expect_status = 204;
    EXPECT_TRUE(probe(context, settings));
  }
  asio::io_context context;
  const OneAnswer server(context, answer);
  const auto result = probe(context, settings_for(HealthKind::http, "http://" + server.address() + "/healthz"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "answered 204, not 200");
}

TEST(AsioProber, AnHttpCheckOfSomethingThatSpeaksNoHttpFails) {
  asio::io_context context;
  const OneAnswer server(context, "220 mail.example ESMTP\r\n");
  EXPECT_FALSE(probe(context, settings_for(HealthKind::http, "http://" + server.address())));
}

TEST(AsioProber, AnAnswerWithoutEndIsNotReadToItsEnd) {
  asio::io_context context;
  const OneAnswer server(context, "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'));
  EXPECT_FALSE(probe(context, settings_for(HealthKind::http, "http://" + server.address())));
}

TEST(AsioProber, ACheckThatIsNotAnsweredTimesOut) {
  asio::io_context context;
  const OneAnswer server(context, "");
  auto settings = settings_for(HealthKind::http, "http://" + server.address());
  settings.timeout = std::chrono::seconds{1};
  const auto result = probe(context, settings);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "answer: timed out");
}

}  // namespace
}  // namespace jaild::runtime
