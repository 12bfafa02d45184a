#include "api/server/access.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

namespace jaild::server {

namespace {

constexpr std::array<std::string_view, 3> own_names{"localhost", "127.0.0.1", "[::1]"};

bool is_member(const Members& members, const Peer& peer) {
  if (members.users.contains(peer.uid)) return true;
  return std::any_of(peer.groups.begin(), peer.groups.end(),
                     [&](std::uint32_t group) { return members.groups.contains(group); });
}

// "name:80" -> "name", "[::1]:80" -> "[::1]". Any port will do: ssh -L and proxies have their own.
std::string_view without_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return authority;
  return authority.substr(0, colon);
}

bool same(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

bool is_ours(std::string_view authority, const std::vector<std::string>& names) {
  const std::string_view host = without_port(authority);
  const auto is_host = [&](std::string_view name) { return same(host, name); };
  return std::any_of(own_names.begin(), own_names.end(), is_host) || std::any_of(names.begin(), names.end(), is_host);
}

// "host:80" of "http://host:80/path"; "" of another form.
std::string_view authority_of(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (!target.starts_with(scheme)) return {};
  target.remove_prefix(scheme.size());
  return target.substr(0, target.find_first_of("/?"));
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

Result<void> check_host(const Request& request, const std::vector<std::string>& names) {
  const std::string host = request.host.value_or("");
  const std::string_view authority = authority_of(request.target);
  const bool known = is_ours(host, names) && (authority.empty() || is_ours(authority, names));
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
