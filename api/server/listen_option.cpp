#include "api/server/listen_option.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace jaild::server {

namespace {

constexpr std::size_t tcp_connections = 256;

using Milliseconds = std::chrono::milliseconds;

// One bound: its name, what may be set, and the member, in its own unit or in seconds.
struct Bound {
  std::string_view name;
  std::uint64_t least;
  std::uint64_t most;
  std::size_t Limits::* count;
  Milliseconds Limits::* time;
};

// The least keep jaild usable: a header has room for a token, a body for a jail. The most keep it from harm: at 64 MiB
// a few bodies are what the whole daemon should take, and a connection that may idle for a day is none that ends.
constexpr std::array bounds{
    Bound{"answer_seconds", 1, 3'600, nullptr, &Limits::answer_time},
    Bound{"body_bytes", 4'096, 64 << 20, &Limits::body_bytes, nullptr},
    Bound{"body_seconds", 1, 3'600, nullptr, &Limits::body_time},
    Bound{"connections", 1, 100'000, &Limits::connections, nullptr},
    Bound{"header_bytes", 1'024, 65'536, &Limits::header_bytes, nullptr},
    Bound{"header_fields", 8, 1'000, &Limits::header_fields, nullptr},
    Bound{"header_seconds", 1, 3'600, nullptr, &Limits::header_time},
    Bound{"idle_seconds", 1, 86'400, nullptr, &Limits::idle_time},
    Bound{"streams", 0, 10'000, &Limits::streams, nullptr},
    Bound{"write_seconds", 1, 3'600, nullptr, &Limits::write_time},
};

Result<void> set_bound(std::string_view text, Limits& limits) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto bound = std::find_if(bounds.begin(), bounds.end(), [&](const Bound& each) { return each.name == name; });
  if (bound == bounds.end() || equals == std::string_view::npos) {
    return Fail(Kind::invalid,
                "'" + std::string(text) + "' is no limit; they are " + listen_limit_names() + ", each as NAME=NUMBER");
  }
  const std::string_view digits = text.substr(equals + 1);
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = !digits.empty() && error == std::errc{} && stop == digits.data() + digits.size();
  if (!whole || number < bound->least || number > bound->most) {
    return Fail(Kind::invalid, std::string(name) + " must be a number from " + std::to_string(bound->least) + " to " +
                                   std::to_string(bound->most));
  }
  if (bound->count != nullptr) limits.*bound->count = static_cast<std::size_t>(number);
  if (bound->time != nullptr) limits.*bound->time = std::chrono::seconds(number);
  return {};
}

}  // namespace

std::string listen_limit_names() {
  std::string names;
  for (const Bound& bound : bounds) names += (names.empty() ? "" : ", ") + std::string(bound.name);
  return names;
}

Result<ListenOption> parse_listen(std::string_view text) {
  const std::size_t comma = text.find(',');
  auto address = parse_listen_address(text.substr(0, comma));
  if (!address) return Fail(address.error());
  ListenOption option{*std::move(address), {}};
  if (std::holds_alternative<TcpAddress>(option.address)) option.limits.connections = tcp_connections;
  std::string_view rest = comma == std::string_view::npos ? std::string_view{} : text.substr(comma);
  while (!rest.empty()) {  // begins with a comma
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(','), rest.size());
    const Result<void> set = set_bound(rest.substr(0, end), option.limits);
    if (!set) return Fail(set.error());
    rest.remove_prefix(end);
  }
  return option;
}

}  // namespace jaild::server
