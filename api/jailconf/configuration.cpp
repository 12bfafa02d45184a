#include "api/jailconf/configuration.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "api/jailconf/merge.h"
#include "api/jailconf/option_name.h"
#include "api/jailconf/parser.h"

namespace jaild::jailconf {
namespace {

Statement implied(const std::string& parameter, const Block& block) {
  return {parameter, false, false, {{{{false, block.name}}, block.place}}, block.place};
}

class Loader {
 public:
  Loader(const Limits& limits, Diagnostics& diagnostics) : limits_(limits), diagnostics_(diagnostics) {}

  std::vector<Jail> load(const std::vector<Block>& blocks) {
    std::vector<Jail> jails;
    std::map<std::string, Place> seen;
    for (std::size_t at = 0; at < blocks.size(); ++at) {
      if (is_wildcard(blocks[at].name)) wildcards_.push_back(at);
      if (blocks[at].global) global_ = at;
    }
    for (std::size_t at = 0; at < blocks.size() && !stopped_ && !diagnostics_.full(); ++at) {
      if (is_wildcard(blocks[at].name)) continue;
      Jail jail = load_one(blocks, at);
      drop_earlier(jail, jails, seen);
      jails.push_back(std::move(jail));
    }
    return jails;
  }

  // Variables of the one Jail see what the statements before and after them say, as in a block.
  Jail load_globals(const Block& block) {
    Merger merger(no_jail_, diagnostics_);
    for (const Statement& statement : block.statements) merger.add(statement);
    return finish(block, merger, no_jail_);
  }

 private:
  Jail load_one(const std::vector<Block>& blocks, std::size_t own) {
    const Block& block = blocks[own];
    Merger merger(block.name, diagnostics_);
    const Statement number = implied("jid", block);
    const Statement name = implied("name", block);
    merger.add(is_jid(block.name) ? number : name);
    bool own_added = false;
    const auto add_own = [&] {
      if (!own_added) add_all(merger, block);
      own_added = true;
    };
    for (const std::size_t wildcard : wildcards_) {
      if (wildcard > own) add_own();
      if (wildcard_matches(blocks[wildcard].name, block.name)) add_all(merger, blocks[wildcard]);
    }
    add_own();
    warn_of_late_globals(blocks, own);
    if (!merger.has("name")) merger.add(name);
    return finish(block, merger, block.name);
  }

  void add_all(Merger& merger, const Block& block) {
    merged_ += parts_of(block);
    if (merged_ > limits_.merged) {
      if (!stopped_) diagnostics_.syntax(block.place, "", "too many parameters in too many jails");
      stopped_ = true;
      return;
    }
    for (const Statement& statement : block.statements) merger.add(statement);
  }

  static std::size_t parts_of(const Block& block) {
    std::size_t parts = block.statements.size();
    for (const Statement& statement : block.statements) parts += statement.values.size();
    return parts;
  }

  // Before FreeBSD 15 every run of globals stood where it was written, so one below a jail overrode what the jail says.
  void warn_of_late_globals(const std::vector<Block>& blocks, std::size_t own) {
    if (!global_ || *global_ > own) return;
    std::set<std::string_view> set_here;
    for (const Statement& statement : blocks[own].statements) set_here.insert(statement.name);
    for (const Statement& statement : blocks[*global_].statements) {
      if (!after(statement.place, blocks[own].place) || !set_here.contains(statement.name)) continue;
      if (!warned_.insert(&statement).second) continue;
      diagnostics_.warning(statement.place, statement.name, "",
                           statement.name + " does not override the jails above it; before FreeBSD 15 it did");
    }
  }

  // Includes interleave files, so only places of one file can be compared; others give no warning.
  static bool after(const Place& later, const Place& earlier) {
    return later.file == earlier.file &&
           (later.line > earlier.line || (later.line == earlier.line && later.column > earlier.column));
  }

  Jail finish(const Block& block, Merger& merger, const std::string& label) {
    const std::vector<Merged> merged = merger.take();
    Expander expander(merged, label, limits_, diagnostics_);
    Jail jail{block.name, block.place, expander.expand(), block.notes, false};
    jail.failed = merger.failed() || expander.failed();
    expanded_ += expander.bytes();
    if (expanded_ > limits_.expanded_bytes && !stopped_) {
      diagnostics_.syntax(block.place, "", "the values of all jails grow beyond what one configuration may have");
      stopped_ = true;
    }
    return jail;
  }

  // Of two blocks for one jail the later one holds.
  void drop_earlier(const Jail& jail, std::vector<Jail>& jails, std::map<std::string, Place>& seen) {
    const std::string name = jail.name();
    const auto [first, fresh] = seen.emplace(name, jail.place);
    if (fresh) return;
    diagnostics_.warning(jail.place, name, name,
                         "is declared twice; this block holds, and the one in " +
                             diagnostics_.files()[first->second.file] + ":" + std::to_string(first->second.line) +
                             " does not");
    first->second = jail.place;
    std::erase_if(jails, [&](const Jail& earlier) { return earlier.name() == name; });
  }

  const Limits& limits_;
  Diagnostics& diagnostics_;
  const std::string no_jail_;
  std::vector<std::size_t> wildcards_;
  std::optional<std::size_t> global_;
  std::set<const Statement*> warned_;
  std::size_t merged_ = 0;
  std::size_t expanded_ = 0;
  bool stopped_ = false;
};

Configuration finish(Diagnostics& diagnostics, std::vector<Jail> jails) {
  Configuration result;
  result.files = diagnostics.files();
  result.syntax_ok = !diagnostics.syntax_errors();
  if (result.syntax_ok) result.jails = std::move(jails);
  result.diagnostics = diagnostics.take();
  return result;
}

}  // namespace

const Setting* Jail::find(const std::string& name) const {
  const auto at = std::ranges::find(settings, name, &Setting::name);
  return at == settings.end() ? nullptr : &*at;
}

std::string Jail::name() const {
  const Setting* set = find("name");
  return set == nullptr || set->values.empty() ? block : set->values.back();
}

bool Configuration::ok() const {
  return syntax_ok && std::ranges::none_of(jails, &Jail::failed);
}

Configuration read_configuration(const std::string& path, Files& files, const Limits& limits) {
  Diagnostics diagnostics(limits.diagnostics);
  const std::vector<Block> blocks = Parser(files, limits, diagnostics).parse(path);
  // Mistakes in the values of a file that has syntax errors are reported too: all there are, at once.
  std::vector<Jail> jails = Loader(limits, diagnostics).load(blocks);
  return finish(diagnostics, std::move(jails));
}

Configuration read_settings(const std::string& path, Files& files, const Limits& limits) {
  Diagnostics diagnostics(limits.diagnostics);
  const std::vector<Block> blocks = Parser(files, limits, diagnostics).parse(path);
  std::vector<Jail> settings;
  for (const Block& block : blocks) {
    if (block.global) {
      settings.push_back(Loader(limits, diagnostics).load_globals(block));
    } else {
      diagnostics.syntax(block.place, block.name, "a block has no meaning here; this file has settings only");
    }
  }
  if (settings.empty()) settings.push_back({});
  Configuration result = finish(diagnostics, {});
  result.jails = std::move(settings);  // also after a syntax error, so that what is wrong with the others is said too
  return result;
}

}  // namespace jaild::jailconf
