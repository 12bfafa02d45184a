#include "daemon/monitor/options.h"

#include <charconv>
#include <limits>
#include <optional>

namespace jaild::monitor {
namespace {

// The name becomes part of file names, so what reaches out of a directory ends here, whoever calls.
bool usable_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// nullopt: not a number from `least` to `most`.
std::optional<std::uint64_t> parse_number(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) return std::nullopt;
  return number;
}

Result<std::uint64_t> parse_run(const std::string& text) {
  constexpr auto run_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto run = parse_number(text, 1, run_max)) return *run;
  return Fail(Kind::invalid, "--run takes a number from 1 to 2^63-1, not \"" + text + "\"");
}

Result<std::uint64_t> parse_log_rate(const std::string& text) {
  if (const auto rate = parse_number(text, LogRate::bytes_min, LogRate::bytes_max)) return *rate;
  return Fail(Kind::invalid, "--log-rate takes a number of bytes from " + std::to_string(LogRate::bytes_min) + " to " +
                                 std::to_string(LogRate::bytes_max) + ", not \"" + text + "\"");
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string& flag = arguments[i];
    if (i + 1 == arguments.size()) return Fail(Kind::invalid, flag + " needs a value");
    const std::string& value = arguments[i + 1];
    if (flag == "--name") {
      options.name = value;
    } else if (flag == "--run") {
      const auto run = parse_run(value);
      if (!run) return Fail(run.error());
      options.run = *run;
    } else if (flag == "--run-dir") {
      options.run_dir = value;
    } else if (flag == "--log-dir") {
      options.log_dir = value;
    } else if (flag == "--state-dir") {
      options.state_dir = value;
    } else if (flag == "--log-rate") {
      const auto rate = parse_log_rate(value);
      if (!rate) return Fail(rate.error());
      options.log_rate = *rate;
    } else {
      return Fail(Kind::invalid, "unknown option " + flag);
    }
  }
  if (!usable_name(options.name)) return Fail(Kind::invalid, "--name is missing or not a jail's name");
  if (options.run == 0) return Fail(Kind::invalid, "--run is missing");
  for (const auto* directory : {&options.run_dir, &options.log_dir, &options.state_dir}) {
    if (directory->empty() || directory->front() != '/') {
      return Fail(Kind::invalid, "--run-dir, --log-dir and --state-dir are needed, as absolute paths");
    }
  }
  return options;
}

}  // namespace jaild::monitor
