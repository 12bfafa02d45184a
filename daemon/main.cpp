#include <cstdio>
#include <variant>

#include "daemon/app.h"

int main(int argc, char** argv) {
  const auto parsed = jaild::parse_command_line(argc, argv);
  if (const auto* early = std::get_if<jaild::EarlyExit>(&parsed)) {
    std::fputs(early->text.c_str(), early->code == 0 ? stdout : stderr);
    return early->code;
  }
  return jaild::run_daemon(std::get<jaild::DaemonOptions>(parsed), {});
}
