#include "api/server/address.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

TEST(ParseListenAddress, TakesTheThreeFormsAndPrintsThemBack) {
  for (const char* text : {"unix:/run/jaild/jaild.sock", "127.0.0.1:9100", "127.8.7.6:1", "[::1]:65535"}) {
    const auto address = parse_listen_address(text);
    ASSERT_TRUE(address) << text << ": " << address.error().message;
    EXPECT_EQ(to_string(*address), text);
  }
}

TEST(ParseListenAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "9100", ":9100", "localhost:9100", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                           "127.0.0.1:65536", "127.0.0.1:1x", "::1:9100", "[127.0.0.1]:80", "[::1]", "[::1:80",
                           "unix:", "unix:jaild.sock", "unix:./jaild.sock"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, Kind::invalid) << text;
  }
  EXPECT_FALSE(parse_listen_address("unix:/" + std::string(200, 'x')));
}

TEST(ParseListenAddress, SaysHowToComeFromAfarInsteadOfListeningThere) {
  for (const char* text :
       {"0.0.0.0:9100", "192.0.2.1:9100", "[::]:9100", "[2001:db8::1]:9100", "[::ffff:192.0.2.1]:80"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_NE(address.error().message.find("ssh -L"), std::string::npos) << address.error().message;
    EXPECT_NE(address.error().message.find("proxy"), std::string::npos) << address.error().message;
  }
}

TEST(OpenAcceptor, MakesASocketThatOnlyItsOwnerAndItsGroupMayUse) {
  boost::asio::io_context loop;
  const Address address = UnixAddress{socket_path()};
  const mode_t before = umask(0);
  const auto acceptor = open_acceptor(loop.get_executor(), address);
  umask(before);
  ASSERT_TRUE(acceptor) << acceptor.error().message;
  struct stat status{};
  ASSERT_EQ(stat(std::get<UnixAddress>(address).path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660U);
  remove_socket_file(address);
}

TEST(OpenAcceptor, ReplacesADeadSocketButNotALiveOneAndNoFile) {
  boost::asio::io_context loop;
  const std::string path = socket_path();
  const Address address = UnixAddress{path};
  {
    const auto first = open_acceptor(loop.get_executor(), address);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = open_acceptor(loop.get_executor(), address);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::conflict);
  }
  EXPECT_EQ(access(path.c_str(), F_OK), 0);  // left behind, as by kill -9
  EXPECT_TRUE(open_acceptor(loop.get_executor(), address));
  remove_socket_file(address);
  std::ofstream(path) << "precious";
  const auto third = open_acceptor(loop.get_executor(), address);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, Kind::conflict);
  EXPECT_EQ(access(path.c_str(), F_OK), 0);
  unlink(path.c_str());
}

TEST(OpenAcceptor, NamesTheDirectoryThatIsNotThere) {
  boost::asio::io_context loop;
  const auto acceptor = open_acceptor(loop.get_executor(), UnixAddress{"/nonexistent/jaild.sock"});
  ASSERT_FALSE(acceptor);
  EXPECT_EQ(acceptor.error().os_errno, ENOENT);
  EXPECT_NE(acceptor.error().message.find("/nonexistent/jaild.sock"), std::string::npos);
}

}  // namespace jaild::server
