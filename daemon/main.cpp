#include <cstdio>
#include <variant>

#include "daemon/app.h"

int main(int argc, char** argv) {
  const auto parsed = jaild::parse_command_line(argc, argv);
  if (const auto* early = std::get_if<jaild::EarlyExit>(&parsed)) {
    std::fputs(early->text.c_str(), early->code == 0 ? stdout : stderr);
    return early->code;
  }
  const auto& options = std::get<jaild::DaemonOptions>(parsed);
  return options.check_only ? jaild::check_options(options) : jaild::run_daemon(options, {});
}
