#include "api/contract/signal_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

namespace jaild {
namespace {

constexpr int signal_max = 128;  // FreeBSD's _SIG_MAXSIG; Linux has 64

// Those of POSIX, and those beyond it that both systems have.
constexpr std::array<std::pair<int, std::string_view>, 30> signal_names{{
    {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},     {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"},
    {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},     {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"},
    {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},   {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
    {SIGCHLD, "SIGCHLD"}, {SIGCONT, "SIGCONT"},   {SIGSTOP, "SIGSTOP"}, {SIGTSTP, "SIGTSTP"}, {SIGTTIN, "SIGTTIN"},
    {SIGTTOU, "SIGTTOU"}, {SIGURG, "SIGURG"},     {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGVTALRM, "SIGVTALRM"},
    {SIGPROF, "SIGPROF"}, {SIGWINCH, "SIGWINCH"}, {SIGIO, "SIGIO"},     {SIGSYS, "SIGSYS"},
#ifdef SIGINFO
    {SIGINFO, "SIGINFO"},
#else
    {SIGPWR, "SIGPWR"},
#endif
}};

}  // namespace

std::string signal_name(int number) {
  const auto at = std::ranges::find(signal_names, number, &std::pair<int, std::string_view>::first);
  return at != signal_names.end() ? std::string(at->second) : "SIG" + std::to_string(number);
}

std::optional<int> signal_number(std::string_view name) {
  const auto at = std::ranges::find(signal_names, name, &std::pair<int, std::string_view>::second);
  if (at != signal_names.end()) return at->first;
  if (!name.starts_with("SIG")) return std::nullopt;
  name.remove_prefix(3);
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number < 1 || number > signal_max)
    return std::nullopt;
  return number;
}

}  // namespace jaild
