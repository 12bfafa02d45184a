#include "api/contract/exec.h"

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/json_fields.h"
#include "api/contract/signal_name.h"

namespace jaild {
namespace {

using nlohmann::json;

constexpr int terminal_side_max = 10'000;
constexpr std::size_t name_max = 255;
constexpr std::size_t cwd_max = 4096;

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

void read_command(Fields& fields, Mistakes& mistakes, ExecWay way, ExecRequest& request) {
  const json* command = fields.take("command");
  const std::string at = fields.at("command");
  if (command == nullptr) {
    if (way == ExecWay::once) mistakes.add(at, "is missing");
    return;
  }
  if (!command->is_array() || command->empty() || command->size() > exec_words_max) {
    return mistakes.add(at, "expects a list of 1 to " + std::to_string(exec_words_max) + " strings");
  }
  for (std::size_t i = 0; i < command->size(); ++i) {
    const json& word = (*command)[i];
    if (!word.is_string()) {
      mistakes.add(pointer_to(at, i), "expects a string, not " + std::string(json_type(word)));
      continue;
    }
    request.command.push_back(word.get<std::string>());
    if (has_nul(request.command.back())) mistakes.add(pointer_to(at, i), "has a NUL in it");
  }
  if (!request.command.empty() && request.command[0].empty()) mistakes.add(pointer_to(at, 0), "is empty");
}

void read_environment(Fields& fields, Mistakes& mistakes, ExecRequest& request) {
  fields.read("env", request.env);
  const std::string at = fields.at("env");
  if (request.env.size() > exec_words_max) mistakes.add(at, "has too many variables");
  for (const auto& [name, value] : request.env) {
    if (!is_variable(name)) mistakes.add(pointer_to(at, name), "is not the name of a variable");
    if (has_nul(value)) mistakes.add(pointer_to(at, name), "has a NUL in it");
  }
}

TerminalSize read_size(const json& body, const std::string& at, Mistakes& mistakes) {
  TerminalSize size;
  Fields fields(body, at, mistakes);
  fields.read("columns", size.columns);
  fields.read("rows", size.rows);
  for (const auto& [key, side] : {std::pair{"columns", size.columns}, std::pair{"rows", size.rows}}) {
    if (side < 1 || side > terminal_side_max) mistakes.add(fields.at(key), "must be 1 to 10000");
  }
  fields.refuse_rest();
  return size;
}

void check_texts(const Fields& fields, Mistakes& mistakes, const ExecRequest& request) {
  const auto check = [&](const char* key, const std::string& text, std::size_t most) {
    if (has_nul(text) || text.size() > most) mistakes.add(fields.at(key), "is too long or has a NUL in it");
  };
  check("user", request.user, name_max);
  check("login_class", request.login_class, name_max);
  check("cwd", request.cwd, cwd_max);
  std::size_t bytes = 0;
  for (const std::string& word : request.command) bytes += word.size() + 1;
  for (const auto& [name, value] : request.env) bytes += name.size() + value.size() + 2;
  if (bytes > exec_text_max) mistakes.add("", "command and env have more than 64 KiB");
}

void check_timeout(const Fields& fields, Mistakes& mistakes, ExecWay way, std::chrono::seconds timeout) {
  if (way == ExecWay::stream && timeout.count() == 0) return;
  if (timeout.count() >= 1 && timeout <= exec_timeout_max) return;
  mistakes.add(fields.at("timeout_seconds"), "must be 1 to " + std::to_string(exec_timeout_max.count()));
}

}  // namespace

bool is_variable(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && name.find_first_not_of(letters) == std::string::npos && (name[0] < '0' || name[0] > '9');
}

Result<ExecRequest> parse_exec_request(const json& body, ExecWay way) {
  Mistakes mistakes;
  ExecRequest request;
  Fields fields(body, "", mistakes);
  read_command(fields, mistakes, way, request);
  read_environment(fields, mistakes, request);
  fields.read("user", request.user);
  fields.read("cwd", request.cwd);
  const bool relative = fields.take("cwd") != nullptr && !request.cwd.starts_with('/');
  if (relative && !mistakes.at(fields.at("cwd"))) mistakes.add(fields.at("cwd"), "must begin with /");
  fields.read("login_class", request.login_class);
  if (way == ExecWay::once) request.timeout = exec_once_timeout;
  fields.read("timeout_seconds", request.timeout);
  check_timeout(fields, mistakes, way, request.timeout);
  if (way == ExecWay::once) fields.read("stdin", request.input);
  const json* terminal = way == ExecWay::stream ? fields.take("terminal") : nullptr;
  if (terminal != nullptr) request.terminal = read_size(*terminal, fields.at("terminal"), mistakes);
  check_texts(fields, mistakes, request);
  fields.refuse_rest();
  if (!mistakes.empty()) return Fail(mistakes.error());
  return request;
}

json to_json(const ExecRequest& request) {
  json body = json::object();
  if (!request.command.empty()) body["command"] = request.command;
  if (!request.user.empty()) body["user"] = request.user;
  if (!request.cwd.empty()) body["cwd"] = request.cwd;
  if (!request.env.empty()) body["env"] = request.env;
  if (!request.login_class.empty()) body["login_class"] = request.login_class;
  if (request.timeout.count() > 0) body["timeout_seconds"] = request.timeout.count();
  if (request.terminal) {
    body["terminal"] = {{"columns", request.terminal->columns}, {"rows", request.terminal->rows}};
  }
  if (!request.input.empty()) body["stdin"] = request.input;
  return body;
}

json to_json(const ExecExit& exit) {
  json body = json::object();
  if (exit.code) body["code"] = *exit.code;
  if (exit.signal != 0) body["signal"] = signal_name(exit.signal);
  if (exit.timed_out) body["timed_out"] = true;
  if (!exit.error.empty()) body["error"] = exit.error;
  return body;
}

Result<ExecExit> parse_exec_exit(const json& body) {
  if (!body.is_object()) return Fail(Kind::internal, "the exit of the command is no object");
  const auto text = [&](const char* key) {
    const auto member = body.find(key);
    return member != body.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  ExecExit exit;
  if (body.contains("code") && body["code"].is_number_integer()) exit.code = body["code"].get<int>();
  exit.signal = signal_number(text("signal")).value_or(0);
  exit.timed_out = body.contains("timed_out") && body["timed_out"] == true;
  exit.error = text("error");
  if (!exit.code && exit.signal == 0)
    return Fail(Kind::internal, "the exit of the command has neither code nor signal");
  return exit;
}

Result<ExecControl> parse_exec_control(std::string_view message) {
  const auto body = parse_json(message);
  if (!body) return Fail(body.error());
  Mistakes mistakes;
  Fields fields(*body, "", mistakes);
  std::optional<ExecControl> control;
  const bool one = body->is_object() && body->size() == 1;
  if (const json* size = fields.take("resize")) control = read_size(*size, fields.at("resize"), mistakes);
  std::string name;
  fields.read("signal", name);
  if (const auto number = signal_number(name)) {
    control = ExecSignal{*number};
  } else if (!name.empty()) {
    mistakes.add(fields.at("signal"), "expects a signal such as \"SIGTERM\", not " + in_quotes(name));
  }
  bool eof = false;
  bool detach = false;
  fields.read("eof", eof);
  fields.read("detach", detach);
  if (eof) control = ExecEof{};
  if (detach) control = ExecDetach{};
  fields.refuse_rest();
  if ((!control || !one) && mistakes.empty())
    mistakes.add("", "expects one of \"resize\", \"signal\", \"eof\" and \"detach\"");
  if (!mistakes.empty()) return Fail(mistakes.error());
  return *control;
}

}  // namespace jaild
