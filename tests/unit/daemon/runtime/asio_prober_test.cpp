#include "daemon/runtime/asio_prober.h"

#include <gtest/gtest.h>

#include <array>
#include <future>
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
      peer.async_read_some(asio::buffer(request), [this](const boost::system::error_code&, std::size_t size) {
        asked.assign(request.data(), size);
        asio::async_write(peer, asio::buffer(answer), [](const boost::system::error_code&, std::size_t) {});
      });
    });
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }

  tcp::acceptor acceptor;
  tcp::socket peer;
  std::string answer;
  std::string asked;
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

// Whatever a spec may hold is asked for as it was read: one parser for both.
TEST(AsioProber, AnHttpCheckAsksForWhatTheUrlSays) {
  struct Row {
    const char* after_port;
    const char* request_line;
  };
  for (const Row& row :
       {Row{"", "GET / HTTP/1.1\r\n"}, Row{"?ready=1", "GET /?ready=1 HTTP/1.1\r\n"},
        Row{"?next=/x", "GET /?next=/x HTTP/1.1\r\n"}, Row{"/a?b=/c:1", "GET /a?b=/c:1 HTTP/1.1\r\n"}}) {
    asio::io_context context;
    const OneAnswer server(context, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(probe(context, settings_for(HealthKind::http, "http://" + server.address() + row.after_port)));
    EXPECT_TRUE(server.asked.starts_with(row.request_line)) << server.asked;
    EXPECT_NE(server.asked.find("\r\nHost: " + server.address() + "\r\n"), std::string::npos) << server.asked;
  }
}

// A resolver that does not answer costs the check of that name its time, and other checks nothing.
TEST(AsioProber, ALookUpEndsWithTheTimeOfItsCheckAndHoldsUpNoOther) {
  std::promise<void> answers;
  auto later = answers.get_future().share();
  std::string dead;
  std::string alive;
  {
    asio::io_context context;
    const OneAnswer server(context, "");
    AsioProber prober(context, [later](const std::string& host) -> Result<Addresses> {
      if (host == "dead.example") later.wait();
      return Addresses{asio::ip::address_v4::loopback()};
    });
    const std::string port = server.address().substr(server.address().find(':'));
    auto settings = settings_for(HealthKind::tcp, "dead.example" + port);
    settings.timeout = std::chrono::seconds{1};
    const auto words = [](const Result<void>& result) { return result ? std::string("fine") : result.error().message; };
    prober.probe(settings, [&](const Result<void>& result) {
      dead = words(result);
      context.stop();
    });
    prober.probe(settings_for(HealthKind::tcp, "alive.example" + port), [&](const Result<void>& result) {
      alive = words(result);
      EXPECT_TRUE(dead.empty()) << "before the other one's time is over";
    });
    context.run();
  }
  answers.set_value();  // to nobody
  EXPECT_EQ(alive, "fine");
  EXPECT_EQ(dead, "address: timed out");
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
