#include "api/contract/param_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "api/contract/json_fields.h"
#include "api/contract/spec_rules.h"

namespace jaild {
namespace {

using nlohmann::json;

constexpr std::size_t param_name_max = 255;  // bytes; the kernel's own have at most 30
constexpr std::array<std::string_view, 3> jailsys_words{"disable", "new", "inherit"};  // in the kernel's order, from 0

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// As jail.conf writes it; saturates where it does not fit, so that the range check refuses it.
std::optional<std::int64_t> decimal(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    return text.front() == '-' ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  return number;
}

// The words of jail(8): true, false, or a number of which 0 is false.
std::optional<bool> read_boolean(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_string()) return std::nullopt;
  const std::string word = lower(value.get_ref<const std::string&>());
  if (word == "true" || word == "false") return word == "true";
  const auto number = decimal(word);
  return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<std::int64_t> read_integer(const json& value) {
  return value.is_string() ? decimal(value.get_ref<const std::string&>()) : json_integer(value);
}

std::optional<std::string> read_string(const json& value) {
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

// The name alone, as in `vnet;`, means new. As with jail(8), the kernel's numbers stand for the words.
std::optional<std::string> read_jailsys(const json& value) {
  if (value == true || value == "") return "new";
  if (value.is_string()) {
    std::string word = lower(value.get_ref<const std::string&>());
    if (std::ranges::find(jailsys_words, word) != jailsys_words.end()) return word;
  }
  const auto number = read_integer(value);
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(jailsys_words.size())) return std::nullopt;
  return std::string(jailsys_words[static_cast<std::size_t>(*number)]);
}

std::optional<std::vector<std::string>> read_list(const json& value) {
  if (value.is_string()) return std::vector{value.get<std::string>()};
  if (!value.is_array() || !std::ranges::all_of(value, [](const json& entry) { return entry.is_string(); }))
    return std::nullopt;
  return value.get<std::vector<std::string>>();
}

template <class T>
std::optional<ParamValue> wrap(std::optional<T> value) {
  if (!value) return std::nullopt;
  return ParamValue(std::in_place_type<T>, std::move(*value));
}

std::optional<ParamValue> read_typed(ParamType type, const json& value) {
  switch (type) {
    case ParamType::boolean: return wrap(read_boolean(value));
    case ParamType::integer: return wrap(read_integer(value));
    case ParamType::string: return wrap(read_string(value));
    case ParamType::list: return wrap(read_list(value));
    case ParamType::jailsys: return wrap(read_jailsys(value));
  }
  std::unreachable();
}

std::optional<ParamValue> read_untyped(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (const auto number = json_integer(value)) return *number;
  if (value.is_string()) return value.get<std::string>();
  return wrap(read_list(value));
}

std::string expectation(const Param* row) {
  if (row == nullptr) return "a string, an integer, a boolean or a list of strings";
  switch (row->type) {
    case ParamType::boolean: return "true or false";
    case ParamType::integer: return "an integer";
    case ParamType::string: return "a string";
    case ParamType::list: return "a string or a list of strings";
    case ParamType::jailsys: return row->least > 0 ? R"("new" or "inherit")" : R"("disable", "new" or "inherit")";
  }
  std::unreachable();
}

std::string instead(const json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  return std::string(json_type(value));
}

// Points into the list at each entry that is no string.
void report_type(const Param* row, const json& value, const std::string& pointer, Mistakes& mistakes) {
  if (value.is_array() && (row == nullptr || row->type == ParamType::list)) {
    for (std::size_t i = 0; i < value.size() && i <= list_max; ++i) {
      if (!value[i].is_string()) mistakes.add(pointer_to(pointer, i), "expects a string, not " + instead(value[i]));
    }
    return;
  }
  const bool number = value.is_number() && (row == nullptr || row->type == ParamType::integer);
  mistakes.add(pointer, number ? no_integer(value, expectation(row))
                               : "expects " + expectation(row) + ", not " + instead(value));
}

// jail(8) skips empty strings in these lists, so nobody after us needs to. Commands keep theirs: they are shown as
// written.
bool skips_blanks(std::string_view name) {
  return name == "mount" || name == "mount.fstab" || name == "vnet.interface" || name == "zfs.dataset";
}

void drop_blanks(std::vector<std::string>& entries, const std::string& pointer, Mistakes& mistakes) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].find_first_not_of(" \t\f\v\r\n") == std::string::npos) continue;
    if (kept != i) {
      entries[kept] = std::move(entries[i]);
      mistakes.relocate(pointer_to(pointer, kept), pointer_to(pointer, i));
    }
    ++kept;
  }
  entries.resize(kept);
}

// "127.0.0.7,127.0.0.8" is two addresses, to jail(8) too; with an interface, a mask or words it is none.
std::vector<std::string> split_addresses(const std::string& entry) {
  const bool bare = entry.find_first_not_of("0123456789abcdefABCDEF.:,") == std::string::npos;
  std::vector<std::string> parts{""};
  for (const char c : entry) {
    if (c == ',' && bare) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void split_addresses(std::vector<std::string>& entries, const std::string& pointer, bool one_string,
                     Mistakes& mistakes) {
  std::vector<std::string> split;
  for (std::size_t i = 0; i < entries.size() && split.size() <= list_max; ++i) {
    for (std::string& address : split_addresses(entries[i])) {
      if (split.size() != i && !one_string)
        mistakes.relocate(pointer_to(pointer, split.size()), pointer_to(pointer, i));
      if (one_string) mistakes.relocate(pointer_to(pointer, split.size()), pointer);
      split.push_back(std::move(address));
    }
  }
  entries = std::move(split);
}

// `pointer` is where the list stands in the document, `value` what stands there.
void normalise_list(const Param& row, const json& value, const std::string& pointer, ParamValue& read,
                    Mistakes& mistakes) {
  auto& entries = std::get<std::vector<std::string>>(read);
  if (value.is_string()) mistakes.relocate(pointer_to(pointer, std::size_t{0}), pointer);
  if (skips_blanks(row.name)) drop_blanks(entries, pointer, mistakes);
  // `ip4.addr = "";` is a jail that is restricted to no address at all.
  const bool addresses = row.name == "ip4.addr" || row.name == "ip6.addr";
  if (addresses && entries.size() == 1 && entries.front().empty()) entries.clear();
  if (addresses) split_addresses(entries, pointer, value.is_string(), mistakes);
}

// `base` is the pointer of "params".
void read_param(const std::string& written, const json& value, const std::string& base,
                std::map<std::string, ParamValue>& params, Mistakes& mistakes) {
  if (written.size() > param_name_max) {
    mistakes.add(base, in_quotes(written) + " is longer than the " + std::to_string(param_name_max) +
                           " bytes that the name of a parameter may have");
    return;
  }
  const std::string pointer = pointer_to(base, written);
  const Param* row = find_param(written);
  const Param* negated = find_negated(written);
  const std::string name = negated != nullptr ? without_no(written).value_or(written) : written;
  if (const std::string_view why = param_refusal(name); !why.empty()) {
    mistakes.add(pointer, "is not set here: " + std::string(why));
    return;
  }
  if (negated != nullptr) row = negated;
  auto read = row != nullptr ? read_typed(row->type, value) : read_untyped(value);
  if (!read) {
    report_type(row, value, pointer, mistakes);
    return;
  }
  if (negated != nullptr) read = ParamValue(!std::get<bool>(*read));
  if (negated != nullptr) mistakes.relocate(pointer_to(base, name), pointer);
  if (row != nullptr && row->type == ParamType::list) normalise_list(*row, value, pointer, *read, mistakes);
  if (!params.try_emplace(name, std::move(*read)).second)
    mistakes.add(pointer, "is the same parameter as " + in_quotes(name) + ", which is given too");
}

// Commands go to a shell, meta and env hold lines KEY=VALUE; everything else is one line.
bool may_hold_lines(const std::string& name) {
  constexpr std::array<std::string_view, 10> commands{"exec.prepare",  "exec.prestart",  "exec.created", "exec.start",
                                                      "command",       "exec.poststart", "exec.prestop", "exec.stop",
                                                      "exec.poststop", "exec.release"};
  return name == "meta" || name == "env" || std::ranges::find(commands, name) != commands.end();
}

void check_text(const std::string& name, const Param& row, const std::string& text, const std::string& pointer,
                Mistakes& mistakes) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (size > row.most) {
    mistakes.add(pointer, "is longer than " + std::to_string(row.most) + " bytes");
  } else if (size < row.least) {
    mistakes.add(pointer, "is empty");
  } else if (text.find('\0') != std::string::npos) {
    mistakes.add(pointer, "holds a NUL byte");
  } else if (!may_hold_lines(name) && text.find_first_of("\n\r") != std::string::npos) {
    mistakes.add(pointer, "holds a line break");
  }
}

void check_jailsys(const Param& row, const std::string& word, const std::string& pointer, Mistakes& mistakes) {
  const auto at = std::ranges::find(jailsys_words, word) - jailsys_words.begin();
  if (at < row.least || at > row.most)
    mistakes.add(pointer, "expects " + expectation(&row) + ", not " + in_quotes(word));
}

void check_list(const std::string& name, const Param& row, const std::vector<std::string>& entries,
                const std::string& pointer, Mistakes& mistakes) {
  if (entries.size() > list_max) {
    mistakes.add(pointer, "has more than " + std::to_string(list_max) + " entries");
    return;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) check_text(name, row, entries[i], pointer_to(pointer, i), mistakes);
}

// A newer kernel's parameter: bounded as everything that goes through jail_set(2).
constexpr Param unknown_row{"", ParamType::string, ParamWhen::change, ParamOrigin::kernel, "", "", 0, 65'535};

bool holds_type(const ParamValue& value, ParamType type) {
  switch (type) {
    case ParamType::boolean: return std::holds_alternative<bool>(value);
    case ParamType::integer: return std::holds_alternative<std::int64_t>(value);
    case ParamType::string:
    case ParamType::jailsys: return std::holds_alternative<std::string>(value);
    case ParamType::list: return std::holds_alternative<std::vector<std::string>>(value);
  }
  std::unreachable();
}

}  // namespace

std::map<std::string, ParamValue> read_params(const json& body, const std::string& pointer, Mistakes& mistakes) {
  std::map<std::string, ParamValue> params;
  if (!body.is_object()) {
    mistakes.add(pointer, "expects an object, not " + std::string(json_type(body)));
    return params;
  }
  for (const auto& [name, value] : body.items()) read_param(name, value, pointer, params, mistakes);
  return params;
}

void check_param(const std::string& name, const ParamValue& value, const std::string& pointer, Mistakes& mistakes) {
  const Param* known = find_param(name);
  const Param& row = known != nullptr ? *known : unknown_row;
  if (known != nullptr && !holds_type(value, row.type)) {
    mistakes.add(pointer, "expects " + expectation(known));
    return;
  }
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && known != nullptr) {
    if (*number < row.least || *number > row.most)
      mistakes.add(pointer, "expects a number from " + std::to_string(row.least) + " to " + std::to_string(row.most));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (row.type == ParamType::jailsys) {
      check_jailsys(row, *text, pointer, mistakes);
    } else {
      check_text(name, row, *text, pointer, mistakes);
    }
  } else if (const auto* entries = std::get_if<std::vector<std::string>>(&value)) {
    check_list(name, row, *entries, pointer, mistakes);
  }
}

}  // namespace jaild
