// What went wrong, in words: the daemon's problem documents (RFC 9457) to Error, and an Error to what a person reads.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/error.h"
#include "client/connection.h"

namespace jaild::client {

// Of an answer whose status is 400 or more. An answer without a problem of ours is judged by its status alone.
[[nodiscard]] Error error_from(const HttpResponse& response);

// What to do about `error` next, as the end of a sentence; "" when there is nothing better than the message itself.
// `jail` may be "".
[[nodiscard]] std::string advice(const Error& error, const std::string& jail);

// "`service jaild start` starts it", as it is done on this system.
[[nodiscard]] std::string_view how_to_start();

}  // namespace jaild::client
