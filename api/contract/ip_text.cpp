#include "api/contract/ip_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace jaild {
namespace {

constexpr std::size_t group_count = 8;
using Groups = std::array<std::uint16_t, group_count>;

bool parse_v4(std::string_view text, std::uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    const std::string_view part = text.substr(0, text.find('.'));
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return false;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), bytes[i]);
    if (error != std::errc{} || end != part.data() + part.size()) return false;
    text.remove_prefix(part.size());
    if (i < 3 && !text.starts_with('.')) return false;
    if (i < 3) text.remove_prefix(1);
  }
  return text.empty();
}

// The groups of one side of "::", or of the whole; an IPv4 address may stand for the last two. nullopt: malformed.
std::optional<std::vector<std::uint16_t>> parse_groups(std::string_view text, bool may_end_in_v4) {
  std::vector<std::uint16_t> groups;
  if (text.empty()) return groups;
  for (;;) {
    const std::string_view part = text.substr(0, text.find(':'));
    if (groups.size() >= group_count) return std::nullopt;
    if (part.size() == text.size() && may_end_in_v4 && part.find('.') != std::string_view::npos) {
      std::array<std::uint8_t, 4> v4{};
      if (!parse_v4(part, v4.data())) return std::nullopt;
      groups.push_back(static_cast<std::uint16_t>(v4[0] << 8 | v4[1]));
      groups.push_back(static_cast<std::uint16_t>(v4[2] << 8 | v4[3]));
      return groups;
    }
    std::uint16_t group = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), group, 16);
    if (part.size() > 4 || error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    groups.push_back(group);
    if (part.size() == text.size()) return groups;
    text.remove_prefix(part.size() + 1);
  }
}

std::optional<IpBytes> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? parse_groups(text.substr(gap + 2), true) : std::vector<std::uint16_t>{};
  if (!head || !tail || text.empty()) return std::nullopt;
  const std::size_t given = head->size() + tail->size();
  if (has_gap ? given >= group_count : given != group_count) return std::nullopt;
  Groups groups{};
  std::ranges::copy(*head, groups.begin());
  std::ranges::copy_backward(*tail, groups.end());
  IpBytes bytes{};
  for (std::size_t i = 0; i < group_count; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return bytes;
}

std::string dotted(const std::uint8_t* bytes) {
  std::string out = std::to_string(bytes[0]);
  for (int i = 1; i < 4; ++i) out += "." + std::to_string(bytes[i]);
  return out;
}

std::string hex(std::uint16_t group) {
  std::array<char, 4> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), group, 16).ptr;
  return {digits.data(), end};
}

// The first longest run of at least two zero groups: where "::" stands.
std::pair<std::size_t, std::size_t> longest_gap(const Groups& groups) {
  std::size_t best = 0;
  std::size_t length = 1;
  for (std::size_t from = 0; from < group_count; ++from) {
    std::size_t to = from;
    while (to < group_count && groups[to] == 0) ++to;
    if (to - from > length) {
      best = from;
      length = to - from;
    }
  }
  return length > 1 ? std::pair{best, best + length} : std::pair{group_count, group_count};
}

std::string v6_text(const IpBytes& bytes) {
  constexpr IpBytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(bytes.begin(), bytes.begin() + 12, mapped.begin())) return "::ffff:" + dotted(bytes.data() + 12);
  Groups groups{};
  for (std::size_t i = 0; i < group_count; ++i)
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const auto [from, to] = longest_gap(groups);
  std::string out;
  for (std::size_t i = 0; i < group_count; ++i) {
    if (i == from) {
      out += "::";
      i = to - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += hex(groups[i]);
  }
  return out;
}

}  // namespace

std::optional<IpBytes> parse_ip(std::string_view text, bool v6) {
  if (v6) return parse_v6(text);
  IpBytes bytes{};
  if (!parse_v4(text, bytes.data())) return std::nullopt;
  return bytes;
}

std::string ip_text(const IpBytes& bytes, bool v6) {
  return v6 ? v6_text(bytes) : dotted(bytes.data());
}

}  // namespace jaild
