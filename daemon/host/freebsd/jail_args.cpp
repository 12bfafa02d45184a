#include "daemon/host/freebsd/jail_args.h"

#include <sys/param.h>  // before jail.h, which uses its types

#include <sys/jail.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "api/contract/ip_text.h"
#include "api/contract/param_table.h"
#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {
namespace {

constexpr std::size_t errmsg_size = 1024;  // JAIL_ERRMSGLEN of libjail

template <class Number>
std::string value_bytes(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

template <class Number>
Number number_from(const std::string& bytes) {
  Number number = 0;
  if (bytes.size() >= sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// "allow.mount.zfs" -> "allow.mount.nozfs": the no follows the last dot.
std::string negated(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t last = dot == std::string::npos ? 0 : dot + 1;
  return name.substr(0, last) + "no" + name.substr(last);
}

std::optional<std::int64_t> as_number(const ParamValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  if (*text == "true") return 1;
  if (*text == "false") return 0;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<std::string> as_text(const ParamValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list != nullptr && list->size() == 1) return list->front();
  return std::nullopt;
}

// A jailsys parameter without a value means "new", as in jail.conf(5).
std::optional<int> as_jailsys(const ParamValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? JAIL_SYS_NEW : JAIL_SYS_DISABLE;
  const auto text = as_text(value);
  if (text == "disable") return JAIL_SYS_DISABLE;
  if (text == "new") return JAIL_SYS_NEW;
  if (text == "inherit") return JAIL_SYS_INHERIT;
  return std::nullopt;
}

// Packed, in network order; interface, mask and words are the alias's business and go.
Result<std::string> as_addresses(const ParamValue& value, bool v6) {
  std::vector<std::string> texts;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    texts = *list;
  } else if (const auto text = as_text(value)) {
    texts = {*text};
  }
  std::string packed;
  for (const std::string& text : texts) {
    const auto entry = parse_address(text, v6);
    if (!entry) return Fail(entry.error());
    const auto bytes = parse_ip(entry->address, v6);
    if (!bytes) return Fail(Kind::invalid, "not an address: " + entry->address);
    for (std::size_t i = 0; i < (v6 ? 16U : 4U); ++i) packed += static_cast<char>((*bytes)[i]);
  }
  return packed;
}

}  // namespace

JailArgs::JailArgs() : errmsg_(errmsg_size, '\0') {
  pair("errmsg", errmsg_.data(), errmsg_.size());
}

void JailArgs::pair(const std::string& name, void* value, std::size_t size) {
  std::string& kept = held_.emplace_back(name);
  parts_.push_back({kept.data(), kept.size() + 1});
  parts_.push_back({value, size});
}

void JailArgs::flag(const std::string& name, bool on) {
  pair(on ? name : negated(name), nullptr, 0);
}

void JailArgs::bytes(const std::string& name, std::string value) {
  std::string& kept = held_.emplace_back(std::move(value));
  pair(name, kept.data(), kept.size());
}

void JailArgs::number(const std::string& name, int value) {
  bytes(name, value_bytes(value));
}

void JailArgs::text(const std::string& name, const std::string& value) {
  bytes(name, value + '\0');
}

Result<void> JailArgs::param(const KernelParam& param, const ParamValue& value) {
  const auto misfit = [&] { return Fail(Kind::invalid, param.name + " cannot have this value"); };
  switch (param.form) {
    case ParamForm::boolean: {
      const auto on = as_number(value);
      if (!on) return misfit();
      flag(param.name, *on != 0);
      return {};
    }
    case ParamForm::integer: {
      const auto whole = as_number(value);
      if (!whole || !std::in_range<int>(*whole)) return misfit();
      number(param.name, static_cast<int>(*whole));
      return {};
    }
    case ParamForm::long_integer: {
      const auto whole = as_number(value);
      if (!whole) return misfit();
      bytes(param.name, value_bytes(static_cast<long>(*whole)));
      return {};
    }
    case ParamForm::text: {
      // A key of meta or env goes when it is set to no value at all; "" would leave KEY=.
      const auto* list = std::get_if<std::vector<std::string>>(&value);
      if (param.keyed && list != nullptr && list->empty()) {
        pair(param.name, nullptr, 0);
        return {};
      }
      const auto words = as_text(value);
      if (!words) return misfit();
      text(param.name, *words);
      return {};
    }
    case ParamForm::jailsys: {
      const auto word = as_jailsys(value);
      if (!word) return misfit();
      number(param.name, *word);
      return {};
    }
    case ParamForm::ip4_list:
    case ParamForm::ip6_list: {
      auto packed = as_addresses(value, param.form == ParamForm::ip6_list);
      if (!packed) return Fail(packed.error().in(param.name));
      bytes(param.name, std::move(*packed));
      return {};
    }
  }
  std::unreachable();
}

std::size_t JailArgs::room(const std::string& name, std::size_t size) {
  bytes(name, std::string(size, '\0'));
  return parts_.size() - 1;
}

std::string JailArgs::answer(std::size_t index) const {
  const iovec& part = parts_[index];
  return {static_cast<const char*>(part.iov_base), part.iov_len};
}

std::size_t JailArgs::size(std::size_t index) const {
  return parts_[index].iov_len;
}

std::string JailArgs::words() const {
  return {errmsg_.c_str()};
}

Result<int> JailArgs::set(int flags, const std::string& what) {
  const int jid = ::jail_set(parts_.data(), static_cast<unsigned>(parts_.size()), flags);
  if (jid < 0) return Fail(os_error(what, errno, words()));
  return jid;
}

Result<int> JailArgs::get(int flags, const std::string& what) {
  const int jid = ::jail_get(parts_.data(), static_cast<unsigned>(parts_.size()), flags);
  if (jid < 0) return Fail(os_error(what, errno, words()));
  return jid;
}

std::size_t list_room(const KernelParam& param, int last, int flags, bool again) {
  constexpr std::size_t usual = 255;
  constexpr std::size_t slack = 5;
  if (!again) return param.size * usual;
  JailArgs args;
  args.number("lastjid", last);
  const std::size_t list = args.room(param.name, 0);
  if (!args.get(flags, "jail_get")) return param.size * usual;
  return args.size(list) + param.size * slack;
}

ParamValue read_value(const KernelParam& param, const std::string& bytes) {
  switch (param.form) {
    case ParamForm::boolean: return number_from<int>(bytes) != 0;
    case ParamForm::integer: return std::int64_t{number_from<int>(bytes)};
    case ParamForm::long_integer: return std::int64_t{number_from<long>(bytes)};
    case ParamForm::text: return std::string(bytes.c_str());
    case ParamForm::jailsys: {
      const int word = number_from<int>(bytes);
      return std::string(word == JAIL_SYS_INHERIT ? "inherit" : word == JAIL_SYS_NEW ? "new" : "disable");
    }
    case ParamForm::ip4_list:
    case ParamForm::ip6_list: {
      std::vector<std::string> list;
      for (std::size_t at = 0; at + param.size <= bytes.size(); at += param.size) {
        IpBytes address{};
        std::memcpy(address.data(), bytes.data() + at, param.size);
        list.push_back(ip_text(address, param.form == ParamForm::ip6_list));
      }
      return list;
    }
  }
  std::unreachable();
}

}  // namespace jaild::host
