// IP addresses between text and bytes, without the system's resolver and with one spelling for one address.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jaild {

// In network order; an IPv4 address fills the first four bytes and leaves the others 0.
using IpBytes = std::array<std::uint8_t, 16>;

// As inet_pton(3): four decimal numbers without leading zeros, or an IPv6 address without a zone.
[[nodiscard]] std::optional<IpBytes> parse_ip(std::string_view text, bool v6);

// Canonical: RFC 5952 for IPv6.
[[nodiscard]] std::string ip_text(const IpBytes& bytes, bool v6);

}  // namespace jaild
