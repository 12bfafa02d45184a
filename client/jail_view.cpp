#include "client/jail_view.h"

#include <map>
#include <ostream>
#include <set>

#include "api/contract/json.h"
#include "api/contract/rctl_rule.h"
#include "client/fields.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

std::string state_of(const json& object) {
  return text_at(object, "/status/state");
}

std::string count_text(const json& object, const char* pointer) {
  const auto number = number_at(object, pointer);
  return number ? std::to_string(*number) : "";
}

// The rows of the block; absent ones are left out.
class Block {
 public:
  Block(std::ostream& out, Style style) : out_(out), style_(style) {}
  void row(const std::string& label, const std::string& value, Colour colour = Colour::none) {
    if (value.empty()) return;
    out_ << "  " << painted(label, Colour::dim, style_) << std::string(12 - label.size(), ' ')
         << painted(printable(value), colour, style_) << '\n';
  }

 private:
  std::ostream& out_;
  Style style_;
};

std::string last_exit_text(const json& object, WallTime now) {
  const json* exit = field_at(object, "/status/last_exit");
  if (exit == nullptr) return "";
  std::string text = text_at(*exit, "/reason");
  if (text.empty()) {
    const std::string signal = text_at(*exit, "/signal");
    text = signal.empty() ? "code " + count_text(*exit, "/code") : signal;
  }
  const std::string at = text_at(*exit, "/at");
  const std::string age = age_text(at, now);
  return text + (age.empty() ? "" : ", " + age + " ago (" + at + ")");
}

std::string next_try_text(const json& object, WallTime now) {
  const std::string at = text_at(object, "/status/next_try_at");
  const std::optional<WallTime> time = parse_rfc3339(at);
  if (!time) return at;
  return "in " + duration_text(std::chrono::ceil<std::chrono::seconds>(*time - now)) + " (" + at + ")";
}

std::string uptime_text(const json& object, WallTime now) {
  const std::string since = text_at(object, "/status/started_at");
  const std::string age = state_of(object) == "running" ? age_text(since, now) : "";
  return age.empty() ? "" : age + ", since " + since;
}

std::string generation_text(const json& object) {
  const std::string generation = count_text(object, "/generation");
  const std::string observed = count_text(object, "/status/observed_generation");
  if (generation.empty() || observed.empty() || observed == generation || observed == "0") return generation;
  return generation + ", running with " + observed;
}

// "em0|203.0.113.5/24" as 203.0.113.5.
std::string bare_address(const std::string& text) {
  const std::size_t bar = text.find('|');
  const std::string address = bar == std::string::npos ? text : text.substr(bar + 1);
  return address.substr(0, address.find_first_of("/ "));
}

// The first address of the declaration, with the number of the others; "inherit" for the host's.
std::string address_text(const json& object) {
  std::vector<std::string> addresses;
  bool inherits = false;
  for (const std::string family : {"ip4", "ip6"}) {
    inherits = inherits || text_at(object, ("/spec/params/" + family).c_str()) == "inherit";
    const std::string pointer = "/spec/params/" + family + ".addr";
    std::vector<std::string> texts = texts_at(object, pointer.c_str());
    if (const std::string one = text_at(object, pointer.c_str()); !one.empty()) texts.push_back(one);
    for (const std::string& text : texts) addresses.push_back(bare_address(text));
  }
  if (addresses.empty()) return inherits ? "inherit" : "";
  return addresses.front() + (addresses.size() > 1 ? " +" + std::to_string(addresses.size() - 1) : "");
}

// Of a rule's text: its resource, for the row it belongs to.
std::string resource_of(const std::string& rule) {
  return rule.substr(0, rule.find(':'));
}

std::string log_text(const json& object) {
  const std::string error = text_at(object, "/status/log_error");
  const std::string lost = lost_lines_text(object);
  if (error.empty()) return lost;
  return "cannot be written: " + error + (lost.empty() ? "" : "; " + lost);
}

void print_usage(std::ostream& out, const json& object, const json& usage, Style style) {
  std::map<std::string, std::string> rules;
  for (const std::string& rule : texts_at(object, "/spec/rctl")) {
    std::string& all = rules[resource_of(rule)];
    const std::size_t colon = rule.find(':');
    all += (all.empty() ? "" : ", ") + (colon == rule.npos ? rule : rule.substr(colon + 1));
  }
  const json* resources = field_at(usage, "/resources");
  std::set<std::string> shown_resources{"cputime", "memoryuse", "maxproc", "nthr", "pcpu"};
  for (const auto& [resource, text] : rules) shown_resources.insert(resource);
  Table table({"  RESOURCE", "USED", "LIMIT"});
  bool any = false;
  for (const Resource resource : all_resources()) {
    const std::string name(to_string(resource));
    if (shown_resources.count(name) == 0) continue;
    const json* used = resources != nullptr && resources->contains(name) ? &(*resources)[name] : nullptr;
    const bool measured = used != nullptr && used->is_number();
    if (!measured && rules.count(name) == 0) continue;
    table.add({{"  " + name}, {measured ? amount_text(name, used->get<double>()) : ""}, {rules[name]}});
    any = true;
  }
  if (any) table.print(out, style);
}

}  // namespace

std::string lost_lines_text(const json& object) {
  const auto lines = number_at(object, "/status/log_lines_lost");
  if (!lines || *lines <= 0) return "";
  return std::to_string(*lines) + (*lines == 1 ? " line" : " lines") + " lost since it started";
}

std::string pending_text(const json& object) {
  const std::string fields = joined(texts_at(object, "/status/pending"));
  return fields.empty() ? "" : "in force after `jailctl restart " + text_at(object, "/name") + "`: " + fields;
}

std::string written_text(const json& object) {
  const std::string generation = count_text(object, "/generation");
  const std::string pending = pending_text(object);
  return text_at(object, "/name") + ": generation " + (generation.empty() ? "unknown" : generation) +
         (pending.empty() ? "" : "; " + pending);
}

void print_jail_table(std::ostream& out, const json& items, Style style, WallTime now) {
  Table table({"NAME", "STATE", "READY", "JID", "ADDRESS", "UPTIME", "RESTARTS", "REASON"});
  for (const json& jail : items) {
    const std::string state = state_of(jail);
    const bool running = state == "running";
    const bool ready = flag_at(jail, "/status/ready");
    const std::string uptime = running ? age_text(text_at(jail, "/status/started_at"), now) : "";
    table.add({{text_at(jail, "/name")},
               {state, state_colour(state)},
               {running ? (ready ? "yes" : "no") : "", running && !ready ? Colour::yellow : Colour::none},
               {count_text(jail, "/status/jid")},
               {address_text(jail)},
               {uptime},
               {count_text(jail, "/status/restarts")},
               {text_at(jail, "/status/reason")}});
  }
  table.print(out, style);
}

void print_jail(std::ostream& out, const json& object, const json& usage, Style style, WallTime now) {
  const std::string state = state_of(object);
  const bool running = state == "running";
  const bool ready = flag_at(object, "/status/ready");
  out << painted(printable(text_at(object, "/name")), Colour::bold, style) << '\n';
  Block block(out, style);
  block.row("state", state + (running ? (ready ? ", ready" : ", not ready") : ""),
            running && !ready ? Colour::yellow : state_colour(state));
  block.row("reason", text_at(object, "/status/reason"));
  block.row("desired", text_at(object, "/desired"));
  block.row("jid", count_text(object, "/status/jid"));
  block.row("generation", generation_text(object));
  block.row("up", uptime_text(object, now));
  block.row("restarts", count_text(object, "/status/restarts"));
  block.row("last exit", last_exit_text(object, now));
  block.row("next try", next_try_text(object, now));
  block.row("pending", pending_text(object), Colour::yellow);
  block.row("drift", joined(texts_at(object, "/status/drift")), Colour::yellow);
  block.row("hook rules", joined(texts_at(object, "/status/hook_rules")));
  block.row("dying since", text_at(object, "/status/dying_since"), Colour::yellow);
  block.row("log", log_text(object), Colour::yellow);
  block.row("cpuset", text_at(object, "/spec/cpuset"));
  print_usage(out, object, usage, style);
  const json& steps = array_at(object, "/status/steps");
  if (!steps.empty()) out << "  " << painted("steps of the last start or stop", Colour::dim, style) << '\n';
  for (const json& step : steps) {
    out << "  ";
    print_step(out, step, style);
  }
}

ExitCode state_exit_code(const json& object) {
  if (state_of(object) != "running") return ExitCode::not_running;
  return flag_at(object, "/status/ready") ? ExitCode::ok : ExitCode::not_ready;
}

}  // namespace jaild::client
