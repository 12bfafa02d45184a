#include "daemon/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

#include <CLI/CLI.hpp>

#include "api/contract/param_table.h"
#include "api/jailconf/configuration.h"

namespace jaild {
namespace {

using jailconf::Setting;

// These say what to do, not how.
constexpr std::array<std::string_view, 4> no_settings{"help", "version", "config", "check"};

CLI::Option* option_of(CLI::App& app, std::string name) {
  if (name.find('-') != std::string::npos) return nullptr;
  std::ranges::replace(name, '_', '-');
  if (std::ranges::find(no_settings, name) != no_settings.end()) return nullptr;
  return app.get_option_no_throw("--" + name);
}

bool is_flag(const CLI::Option& option) {
  return option.get_expected_min() == 0;
}

bool is_list(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

// "nosyslog" -> "syslog" with `negated` set.
CLI::Option* find_option(CLI::App& app, const std::string& name, bool& negated) {
  negated = false;
  if (CLI::Option* option = option_of(app, name)) return option;
  const auto positive = without_no(name);
  CLI::Option* option = positive ? option_of(app, *positive) : nullptr;
  negated = option != nullptr && is_flag(*option);
  return negated ? option : nullptr;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// true, false or a number, as in jail.conf; "" for anything else.
std::string flag_value(const Setting& setting, bool negated) {
  const std::string word = setting.values.empty() ? "true" : lower(setting.values.back());
  const bool number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  if (word != "true" && word != "false" && !number) return "";
  const bool on = word == "true" || (number && word.find_first_not_of('0') != std::string::npos);
  return on != negated ? "true" : "false";
}

// What is wrong with the setting; "" when it was given to the option.
std::string apply(CLI::App& app, const Setting& setting) {
  bool negated = false;
  CLI::Option* option = find_option(app, setting.name, negated);
  if (option == nullptr) return "there is no setting " + setting.name + "; jaild.conf(5) lists them";
  std::vector<std::string> values = setting.values;
  if (is_flag(*option)) {
    values = {flag_value(setting, negated)};
    if (values.front().empty()) return setting.name + " is true or false, not \"" + setting.values.back() + '"';
  } else if (values.empty()) {
    return is_list(*option) ? "" : setting.name + " needs a value";
  } else if (!is_list(*option)) {
    values = {values.back()};  // as jail(8) takes a single value from a list
  }
  if (option->get_type_name() == path_type && !values.front().empty() && !values.front().starts_with('/')) {
    return setting.name + ": \"" + values.front() + "\" is relative; a path in the file is absolute";
  }
  if (option->count() > 0) return "";  // the command line decides
  try {
    for (const std::string& value : values) option->add_result(value);
    option->run_callback();
  } catch (const CLI::Error& error) {
    return setting.name + ": " + error.what();
  }
  return "";
}

}  // namespace

ConfigFileReport apply_config_file(CLI::App& app, const std::string& path, jailconf::Files& files) {
  jailconf::Configuration configuration = jailconf::read_settings(path, files);
  ConfigFileReport report;
  if (!configuration.jails.empty()) {
    for (const Setting& setting : configuration.jails.front().settings) {
      const std::string wrong = apply(app, setting);
      if (wrong.empty()) continue;
      configuration.diagnostics.push_back(
          {jailconf::Severity::error, configuration.files[setting.place.file], setting.place, setting.name, "", wrong});
    }
  }
  // Those of the grammar and those of the settings, as somebody meets them who goes through the file.
  std::ranges::sort(configuration.diagnostics, {}, [](const jailconf::Diagnostic& each) {
    return std::tie(each.place.file, each.place.line, each.place.column, each.message);
  });
  for (const jailconf::Diagnostic& diagnostic : configuration.diagnostics) {
    auto& list = diagnostic.severity == jailconf::Severity::warning ? report.warnings : report.mistakes;
    list.push_back(to_text(diagnostic));
  }
  return report;
}

Result<std::string> TrustedFiles::read(const std::string& path, std::size_t most) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (info.st_uid != 0 && info.st_uid != ::geteuid()) return Fail(Kind::conflict, path + ": belongs to another user");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return Fail(Kind::conflict, path + ": can be written by others: chmod go-w " + path);
    }
  }
  return DiskFiles::read(path, most);
}

}  // namespace jaild
