#include "api/server/access.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <optional>

#include "api/server/target.h"

namespace jaild::server {

namespace {

constexpr std::array<std::string_view, 3> own_names{"localhost", "127.0.0.1", "[::1]"};

bool is_member(const Members& members, const Peer& peer) {
  if (members.users.contains(peer.uid)) return true;
  return std::any_of(peer.groups.begin(), peer.groups.end(),
                     [&](std::uint32_t group) { return members.groups.contains(group); });
}

// The length of the host that `authority` begins with: an address in brackets, or a name of the characters that
// RFC 3986, 3.2.2 allows. 0: there is none.
std::size_t length_of_host(std::string_view authority) {
  constexpr std::string_view digits = "0123456789ABCDEFabcdef";
  constexpr std::string_view others = "GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz-._~%!$&'()*+,;=";
  const auto among = [](std::string_view set, char c) { return set.find(c) != std::string_view::npos; };
  if (!authority.starts_with('[')) {
    const auto end = std::ranges::find_if_not(authority, [&](char c) { return among(digits, c) || among(others, c); });
    return static_cast<std::size_t>(end - authority.begin());
  }
  const std::size_t end = authority.find_first_not_of("0123456789ABCDEFabcdef:.", 1);
  return end != std::string_view::npos && end > 1 && authority[end] == ']' ? end + 1 : 0;
}

// "name:80" -> "name", "[::1]:80" -> "[::1]". Any port will do: ssh -L and proxies have their own. nullopt: it is no
// host, or what follows is no port, as in "name:80@other", which some take for a user and a password at another host.
std::optional<std::string_view> without_port(std::string_view authority) {
  const std::string_view host = authority.substr(0, length_of_host(authority));
  const std::string_view port = authority.substr(host.size());
  if (port.empty()) return host;
  if (port.front() != ':' || port.find_first_not_of("0123456789", 1) != std::string_view::npos) return std::nullopt;
  return host;
}

bool same(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

bool is_ours(std::string_view authority, const std::vector<std::string>& names) {
  const auto host = without_port(authority);
  const auto is_host = [&](std::string_view name) { return host && same(*host, name); };
  return std::any_of(own_names.begin(), own_names.end(), is_host) || std::any_of(names.begin(), names.end(), is_host);
}

}  // namespace

Role role_of(const Access& access, const Peer& peer) {
  if (peer.jailed) return Role::none;
  if (is_member(access.admin, peer)) return Role::admin;
  if (is_member(access.operator_, peer)) return Role::operator_;
  if (is_member(access.viewer, peer)) return Role::viewer;
  return Role::none;
}

std::string lacks_role(const std::string& by, Role has, Role needs) {
  const std::string need = " this needs the role " + std::string(to_string(needs));
  if (has == Role::none) return by + " has no role here;" + need;
  return by + " is " + std::string(to_string(has)) + ";" + need;
}

Result<void> check_host_form(const Request& request) {
  const auto authority = authority_of(request.target);
  if (without_port(request.host.value_or("")) && (!authority || without_port(*authority))) return {};
  return Fail(Kind::bad_request, "the Host field must be a name or an address, with or without a port");
}

Result<void> check_host(const Request& request, const std::vector<std::string>& names) {
  const std::string host = request.host.value_or("");
  const auto authority = authority_of(request.target);
  const bool known = is_ours(host, names) && (!authority || is_ours(*authority, names));
  if (known) return {};
  return Fail(Kind::misdirected, "the Host field must be localhost, 127.0.0.1, [::1] or a name given with --http-host");
}

Result<void> check_browser(const Request& request) {
  if (request.origin) return Fail(Kind::forbidden, "requests of web pages are not served");
  const auto& site = request.sec_fetch_site;
  if (!site || *site == "none" || *site == "same-origin") return {};
  return Fail(Kind::forbidden, "requests of other sites' web pages are not served");
}

Result<std::string_view> bearer_secret(const Request& request) {
  if (!request.authorization) return Fail(Kind::unauthorized, "over TCP every call needs a bearer token");
  const std::string_view field = *request.authorization;
  constexpr std::string_view scheme = "Bearer ";
  if (!same(field.substr(0, scheme.size()), scheme)) {
    return Fail(Kind::unauthorized, "the only authorization taken is a bearer token");
  }
  return field.substr(scheme.size());
}

}  // namespace jaild::server
