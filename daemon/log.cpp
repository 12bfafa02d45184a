#include "daemon/log.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

namespace jaild {
namespace {

constexpr std::size_t log_file_max = 10 * 1024 * 1024;
constexpr std::size_t log_files_max = 5;

spdlog::level::level_enum level_of(const std::string& name) {
  if (name == "error") return spdlog::level::err;
  if (name == "warning") return spdlog::level::warn;
  if (name == "debug") return spdlog::level::debug;
  return spdlog::level::info;
}

enum class Place { nowhere, standard_error, elsewhere };
Place place = Place::nowhere;  // of the log; written once, before there are threads

std::string current_failure() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something that is no std::exception was thrown";
  }
  return "std::terminate was called";
}

[[noreturn]] void log_and_abort() {
  static std::atomic_flag begun;
  constexpr std::chrono::seconds first_ones_time{1};
  if (begun.test_and_set()) {
    std::this_thread::sleep_for(first_ones_time);  // another thread fails too: the last line is the first one's
  } else {
    log_start_error("jaild ends by a fault of its own; jails run on; error=" + log_value(current_failure()));
    if (place != Place::nowhere) spdlog::default_logger()->flush();
  }
  std::abort();
}

}  // namespace

Result<void> open_log(const DaemonOptions& options) {
  try {
    std::shared_ptr<spdlog::logger> logger;
    if (options.syslog) {
      logger = spdlog::syslog_logger_mt("jaild", "jaild", LOG_PID, LOG_DAEMON);
      logger->set_pattern("%v");
    } else if (options.log_to_file) {
      logger =
          spdlog::rotating_logger_mt("jaild", (options.log_dir / "jaild.log").string(), log_file_max, log_files_max);
    } else {
      logger = spdlog::stderr_logger_mt("jaild");
    }
    if (!options.syslog) logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(level_of(options.log_level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
    place = options.syslog || options.log_to_file ? Place::elsewhere : Place::standard_error;
  } catch (const spdlog::spdlog_ex& error) {
    return Fail(Kind::unavailable, std::string("the log cannot be opened: ") + error.what());
  }
  return {};
}

void set_log_level(const std::string& level) {
  spdlog::set_level(level_of(level));
}

std::string log_value(const std::string& text) {
  bool plain = !text.empty();
  for (const unsigned char c : text) plain = plain && c > ' ' && c != '"' && c != '\\' && c != 0x7f;
  if (plain) return text;
  std::string quoted = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c < ' ' || c == 0x7f ? '?' : static_cast<char>(c);
  }
  return quoted + '"';
}

void log_error(const std::string& message) {
  spdlog::error("{}", message);
}
void log_warning(const std::string& message) {
  spdlog::warn("{}", message);
}
void log_info(const std::string& message) {
  spdlog::info("{}", message);
}

void log_start_error(const std::string& message) {
  if (place != Place::nowhere) log_error(message);
  if (place != Place::standard_error) std::fprintf(stderr, "jaild: %s\n", message.c_str());
}

void log_uncaught_exceptions() {
  std::set_terminate(log_and_abort);
}

void log_event(const JailEvent& event) {
  std::string line = "event=" + std::string(to_string(event.type));
  if (!event.jail.empty()) line += " jail=" + log_value(event.jail);
  for (const auto& [key, value] : event.data) line += " " + key + "=" + log_value(value);
  line += " message=" + log_value(event.message);
  spdlog::info("{}", line);
}

}  // namespace jaild
