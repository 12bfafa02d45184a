#include <algorithm>
#include <charconv>
#include <optional>

#include "api/contract/ip_text.h"
#include "api/contract/param_table.h"

namespace jaild {
namespace {

constexpr std::size_t interface_name_max = 15;  // IFNAMSIZ is 16 with the NUL
constexpr std::size_t word_count_max = 64;

Error bad_address(std::string_view text, const std::string& why) {
  return Error{Kind::invalid, "address \"" + std::string(text.substr(0, 128)) + "\": " + why, 0, {}};
}

bool interface_char(char c) {
  return c > ' ' && c < 0x7f && c != '/' && c != '|' && c != ',';
}

// A netmask in dots as a prefix length; nullopt when its ones are not all in front.
std::optional<int> mask_length(std::string_view text) {
  const auto bytes = parse_ip(text, false);
  if (!bytes) return std::nullopt;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits = bits << 8 | (*bytes)[i];
  int length = 0;
  while (length < 32 && (bits & (std::uint32_t{1} << (31 - length))) != 0) ++length;
  const std::uint32_t prefix = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return bits == prefix ? std::optional(length) : std::nullopt;
}

std::optional<int> prefix_length(std::string_view text, bool v6) {
  if (!v6 && text.find('.') != std::string_view::npos) return mask_length(text);
  int length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length >= 0 && length <= (v6 ? 128 : 32) ? std::optional(length) : std::nullopt;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

}  // namespace

Result<AddressEntry> parse_address(std::string_view text, bool v6) {
  AddressEntry entry;
  std::string_view head = text.substr(0, text.find(' '));
  entry.words = split_words(text.substr(head.size()));
  if (entry.words.size() > word_count_max) return Fail(bad_address(text, "too many words follow it"));
  if (const std::size_t bar = head.find('|'); bar != std::string_view::npos) {
    entry.interface = head.substr(0, bar);
    head.remove_prefix(bar + 1);
    if (entry.interface.empty() || entry.interface.size() > interface_name_max ||
        !std::ranges::all_of(entry.interface, interface_char))
      return Fail(bad_address(text, "expects an interface name of 1 to 15 characters before |"));
  }
  entry.prefix_length = v6 ? 128 : 32;
  if (const std::size_t slash = head.find('/'); slash != std::string_view::npos) {
    const auto length = prefix_length(head.substr(slash + 1), v6);
    if (!length)
      return Fail(bad_address(
          text, v6 ? "expects a length from 0 to 128 after /" : "expects a length from 0 to 32 or a netmask after /"));
    entry.prefix_length = *length;
    entry.has_mask = true;
    head = head.substr(0, slash);
  }
  const auto bytes = parse_ip(head, v6);
  if (!bytes) return Fail(bad_address(text, v6 ? "not an IPv6 address" : "not an IPv4 address"));
  entry.address = ip_text(*bytes, v6);
  return entry;
}

}  // namespace jaild
