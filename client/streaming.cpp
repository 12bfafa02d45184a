#include "client/streaming.h"

#include "client/problem.h"

namespace jaild::client {

namespace {

constexpr std::size_t refusal_bytes_max = std::size_t{1} << 16;

}  // namespace

Result<void> stream_body(const Connection& connection, HttpRequest request, const Connection::OnPiece& on_piece,
                         const Connection::Meanwhile& meanwhile) {
  request.timeout = silence_max;
  HttpResponse refusal;
  const auto on_head = [&](const HttpResponse& head) {
    if (head.status != 200) refusal = head;
    return true;
  };
  const auto take = [&](std::string_view piece) {
    if (refusal.status == 0) return on_piece(piece);
    refusal.body += piece;
    return refusal.body.size() < refusal_bytes_max;
  };
  const Result<void> ended = connection.stream(request, on_head, take, meanwhile);
  if (refusal.status != 0) return Fail(error_from(refusal));
  return ended;
}

}  // namespace jaild::client
