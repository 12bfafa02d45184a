// A value or an Error. The only place that names std::expected.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "api/contract/error.h"

namespace jaild {

// A class of its own, because a dropped std::expected gives no warning in libstdc++ 12 and libc++ 19, and a dropped
// Result does, also behind co_await.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  using std::expected<T, Error>::operator=;
};

// return Fail(Kind::missing, "no such directory: /jail/www");
// return Fail(earlier.error().in("mount /dev"));
[[nodiscard]] inline std::unexpected<Error> Fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}
[[nodiscard]] inline std::unexpected<Error> Fail(Kind kind, std::string message, int os_errno = 0) {
  return std::unexpected<Error>(Error{kind, std::move(message), os_errno, {}});
}

}  // namespace jaild
