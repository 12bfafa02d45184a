#include "daemon/entrance.h"

#include <unistd.h>

#include <utility>

#include "daemon/log.h"
#include "daemon/roles.h"

namespace jaild {
namespace {

server::ServerOptions make_server_options(const DaemonOptions& options, std::vector<std::string>& mistakes) {
  server::ServerOptions result;
  auto access = resolve_roles(options.roles);
  if (!access) mistakes.push_back(access.error().message);
  if (access) result.access = *std::move(access);
  if (!options.socket_group.empty()) {
    const auto group = resolve_group(options.socket_group);
    if (!group) mistakes.push_back(group.error().in("--socket-group").message);
    if (group) result.group = *group;
  } else if (::geteuid() == 0) {
    result.group = 0;
  }
  result.hosts = options.http_hosts;
  result.bytes = static_cast<std::size_t>(options.http_bytes);
  result.warn = [](const std::string& sentence) { log_warning(sentence); };
  return result;
}

std::optional<server::ListenOption> read_listen(const std::string& option, const std::string& text,
                                                std::vector<std::string>& mistakes) {
  auto wanted = server::parse_listen(text);
  if (wanted) return *std::move(wanted);
  mistakes.push_back(wanted.error().in(option).message);
  return std::nullopt;
}

}  // namespace

Entrance make_entrance(const DaemonOptions& options, std::vector<std::string>& mistakes) {
  Entrance entrance;
  entrance.options = make_server_options(options, mistakes);
  auto addresses = options.listen;
  if (addresses.empty()) {
    entrance.listen_option = "--run-dir";
    addresses.push_back("unix:" + (options.run_dir / "jaild.sock").string());
  }
  for (const auto& text : addresses) {
    if (auto wanted = read_listen(entrance.listen_option, text, mistakes)) entrance.full.push_back(*std::move(wanted));
  }
  if (!options.metrics_listen.empty()) {
    entrance.probes = read_listen("--metrics-listen", options.metrics_listen, mistakes);
  }
  return entrance;
}

Result<void> open_entrance(const Entrance& entrance, server::Server& server) {
  for (const auto& wanted : entrance.full) {
    auto bound = server.listen(wanted.address, server::Surface::full, wanted.limits);
    if (!bound) return Fail(bound.error().in(entrance.listen_option));
    log_info("listens address=" + server::to_string(*bound));
  }
  if (!entrance.probes) return {};
  auto bound = server.listen(entrance.probes->address, server::Surface::probes, entrance.probes->limits);
  if (!bound) return Fail(bound.error().in("--metrics-listen"));
  log_info("serves metrics address=" + server::to_string(*bound));
  return {};
}

}  // namespace jaild
