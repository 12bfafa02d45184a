#include "daemon/monitor/child.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <climits>

namespace jaild::monitor {
namespace {

TEST(ChildReport, ComesBackAsItWasSent) {
  const Error error{Kind::host_refused, "/bin/x: No such file or directory", ENOENT, {}};
  const Error read = decode_report(encode_report(error));
  EXPECT_EQ(read.kind, error.kind);
  EXPECT_EQ(read.message, error.message);
  EXPECT_EQ(read.os_errno, ENOENT);
}

TEST(ChildReport, FitsIntoOneWriteToAPipe) {
  EXPECT_LE(encode_report(Error{Kind::internal, std::string(9999, 'x'), 133, {}}).size(), std::size_t{_POSIX_PIPE_BUF});
}

TEST(ChildReport, HalfOfOneIsStillAnError) {
  EXPECT_EQ(decode_report("16").kind, Kind::internal);
  EXPECT_EQ(decode_report("").kind, Kind::internal);
}

}  // namespace
}  // namespace jaild::monitor
