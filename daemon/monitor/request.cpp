#include "daemon/monitor/request.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace jaild::monitor {
namespace {

using nlohmann::json;

// Reads fields of one object; the first mistake stays.
class Fields {
 public:
  explicit Fields(const json& body) : body_(body) {
    if (!body_.is_object()) fail("an object is expected");
  }

  std::string text(const char* name) { return read(name, &json::is_string, std::string(), "a string"); }
  bool flag(const char* name) { return read(name, &json::is_boolean, false, "true or false"); }

  std::int64_t number(const char* name, std::int64_t absent, std::int64_t least, std::int64_t most) {
    const auto value = read(name, &json::is_number_integer, absent, "a whole number");
    if (value < least || value > most) fail(std::string("\"") + name + "\" is out of range");
    return value;
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> values;
    if (const json* list = find(name)) {
      if (!list->is_array() || !std::ranges::all_of(*list, [](const json& item) { return item.is_string(); })) {
        fail(std::string("\"") + name + "\" must be a list of strings");
      } else {
        values = list->get<std::vector<std::string>>();
        if (std::ranges::any_of(values, has_nul)) fail(std::string("\"") + name + "\" has a NUL byte in it");
      }
    }
    return values;
  }

  [[nodiscard]] const json* find(const char* name) const {
    if (!body_.is_object()) return nullptr;
    const auto found = body_.find(name);
    return found == body_.end() ? nullptr : &*found;
  }

  void fail(const std::string& mistake) {
    if (mistake_.empty()) mistake_ = mistake;
  }
  void require(bool holds, const std::string& mistake) {
    if (!holds) fail(mistake);
  }
  [[nodiscard]] bool ok() const { return mistake_.empty(); }
  [[nodiscard]] std::unexpected<Error> failure() const { return Fail(Kind::invalid, mistake_); }

 private:
  static bool has_nul(const std::string& value) { return value.find('\0') != std::string::npos; }

  template <class T>
  T read(const char* name, bool (json::*is)() const noexcept, T absent, const char* what) {
    const json* value = find(name);
    if (value == nullptr) return absent;
    if (!(value->*is)()) {
      fail(std::string("\"") + name + "\" must be " + what);
      return absent;
    }
    T got = value->get<T>();
    if constexpr (std::is_same_v<T, std::string>) {
      if (has_nul(got)) fail(std::string("\"") + name + "\" has a NUL byte in it");
    }
    return got;
  }

  const json& body_;
  std::string mistake_;
};

bool is_phase(const std::string& phase) {
  constexpr std::size_t length_max = 32;
  return !phase.empty() && phase.size() <= length_max &&
         phase.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
}

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

constexpr std::int64_t fib_max = 65535;
constexpr std::int64_t timeout_max = std::int64_t{1} << 40;

Result<JailMount> parse_mount(const json& body) {
  Fields fields(body);
  JailMount mount;
  mount.source = fields.text("source");
  mount.target = fields.text("target");
  mount.options = fields.texts("options");
  const std::string type = fields.text("type");
  if (type == "tmpfs") {
    mount.type = JailMount::Type::tmpfs;
  } else {
    fields.require(type == "nullfs" || type == "bind", "a mount's type must be nullfs, bind or tmpfs");
    fields.require(is_absolute(mount.source), "a mount's source must be absolute");
  }
  fields.require(is_absolute(mount.target), "a mount's target must be absolute");
  if (!fields.ok()) return fields.failure();
  return mount;
}

Result<Rlimits> parse_rlimits(const json& body) {
  Rlimits limits;
  if (!body.is_object()) return Fail(Kind::invalid, "\"rlimits\" must be an object");
  for (const auto& [name, value] : body.items()) {
    if (!value.is_number_integer() || value.get<std::int64_t>() < -1) {
      return Fail(Kind::invalid, "rlimit \"" + name + "\" must be a whole number from -1");
    }
    limits[name] = value.get<std::int64_t>();
  }
  return limits;
}

Result<CreateRequest::Net> parse_net(const std::string& text) {
  if (text == "new") return CreateRequest::Net::fresh;
  if (text == "none") return CreateRequest::Net::none;
  if (text == "inherit") return CreateRequest::Net::inherit;
  return Fail(Kind::invalid, "\"net\" must be new, none or inherit");
}

Result<std::vector<JailMount>> parse_mounts(const json& list) {
  constexpr std::size_t mounts_max = 1024;
  if (!list.is_array() || list.size() > mounts_max) return Fail(Kind::invalid, "\"mounts\" must be a list, up to 1024");
  std::vector<JailMount> mounts;
  for (const json& item : list) {
    auto mount = parse_mount(item);
    if (!mount) return Fail(mount.error());
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

}  // namespace

Result<Milliseconds> parse_timeout(const json& body, const char* name, Milliseconds absent) {
  Fields fields(body);
  const auto value = fields.number(name, absent.count(), 0, timeout_max);
  if (!fields.ok()) return fields.failure();
  return Milliseconds(value);
}

std::string net_word(CreateRequest::Net net) {
  switch (net) {
    case CreateRequest::Net::fresh: return "new";
    case CreateRequest::Net::none: return "none";
    case CreateRequest::Net::inherit: return "inherit";
  }
  std::unreachable();
}

Result<CommandRequest> parse_command(const json& body) {
  Fields fields(body);
  CommandRequest command;
  command.phase = fields.text("phase");
  command.line = fields.text("line");
  command.in_jail = fields.flag("in_jail");
  command.user = fields.text("user");
  command.system_user = fields.flag("system_user");
  command.clean = fields.flag("clean");
  command.fib = static_cast<int>(fields.number("fib", 0, 0, fib_max));
  command.timeout = Milliseconds(fields.number("timeout_ms", 0, 0, timeout_max));
  command.console = fields.text("console");
  command.path = fields.text("path");
  fields.require(is_phase(command.phase), "\"phase\" must be 1 to 32 of a-z 0-9 . _ -");
  fields.require(command.console.empty() || is_absolute(command.console), "\"console\" must be absolute");
  fields.require(command.path.empty() || is_absolute(command.path), "\"path\" must be absolute");
  if (!fields.ok()) return fields.failure();
  return command;
}

Result<std::optional<std::vector<std::string>>> parse_environment(const json& body) {
  Fields fields(body);
  std::optional<std::vector<std::string>> environment;
  if (fields.find("environment") != nullptr) environment = fields.texts("environment");
  if (!fields.ok()) return fields.failure();
  return environment;
}

Result<ExecCommand> parse_exec(const json& body) {
  Fields fields(body);
  ExecCommand exec;
  exec.command.phase = "exec";
  exec.command.in_jail = true;
  exec.command.clean = true;
  exec.command.user = fields.text("user");
  exec.command.fib = static_cast<int>(fields.number("fib", 0, 0, fib_max));
  exec.command.timeout = Milliseconds(fields.number("timeout_ms", 0, 0, timeout_max));
  exec.argv = fields.texts("argv");
  exec.environment = fields.texts("env");
  exec.directory = fields.text("directory");
  exec.login_class = fields.text("login_class");
  fields.require(exec.directory.empty() || is_absolute(exec.directory), "\"directory\" must be absolute");
  if (!fields.ok()) return fields.failure();
  if (const json* terminal = fields.find("terminal")) {
    constexpr std::int64_t side_max = 65535;
    Fields size(*terminal);
    exec.terminal = TerminalSize{static_cast<int>(size.number("columns", 80, 1, side_max)),
                                 static_cast<int>(size.number("rows", 24, 1, side_max))};
    if (!size.ok()) return size.failure();
  }
  return exec;
}

Result<LimitsRequest> parse_limits(const json& body) {
  Fields fields(body);
  LimitsRequest limits;
  if (fields.find("cgroups") != nullptr) {
    limits.cgroups = fields.texts("cgroups");
    fields.require(std::ranges::all_of(*limits.cgroups, is_absolute), "\"cgroups\" must be absolute paths");
  }
  if (!fields.ok()) return fields.failure();
  if (const json* rlimits = fields.find("rlimits")) {
    auto parsed = parse_rlimits(*rlimits);
    if (!parsed) return Fail(parsed.error());
    limits.rlimits = std::move(*parsed);
  }
  return limits;
}

Result<CreateRequest> parse_create(const json& body) {
  Fields fields(body);
  CreateRequest create;
  create.path = fields.text("path");
  create.hostname = fields.text("hostname");
  create.domainname = fields.text("domainname");
  create.procfs = fields.flag("procfs");
  create.devfs = fields.flag("devfs");
  create.any_socket = fields.flag("socket_af");
  create.caps = fields.texts("caps");
  create.timeout = Milliseconds(fields.number("timeout_ms", create.timeout.count(), 0, timeout_max));
  fields.require(is_absolute(create.path), "\"path\" must be absolute");
  fields.require(!fields.flag("fdescfs") || (create.procfs && create.devfs),
                 "mount.fdescfs needs mount.procfs and mount.devfs here");
  if (!fields.ok()) return fields.failure();

  const auto net = parse_net(fields.text("net"));
  if (!net) return Fail(net.error());
  create.net = *net;
  if (const json* list = fields.find("mounts")) {
    auto mounts = parse_mounts(*list);
    if (!mounts) return Fail(mounts.error());
    create.mounts = std::move(*mounts);
  }
  auto limits = parse_limits(body);
  if (!limits) return Fail(limits.error());
  create.limits = std::move(*limits);
  return create;
}

}  // namespace jaild::monitor
