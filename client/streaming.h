// Calls whose answer goes on for as long as somebody reads: events and logs.
#pragma once

#include <chrono>

#include "api/contract/result.h"
#include "client/connection.h"

namespace jaild::client {

// jaild sends a sign of life every 15 s; three times that without one means that the other side is gone.
constexpr std::chrono::seconds silence_max{45};

// Hands the body of a 200 to `on_piece` as Connection::stream() does, with `silence_max` as the request's timeout. Any
// other answer is read to its end, at most 64 KiB of it, and is the Error that it tells.
Result<void> stream_body(const Connection& connection, HttpRequest request, const Connection::OnPiece& on_piece,
                         const Connection::Meanwhile& meanwhile = {});

}  // namespace jaild::client
