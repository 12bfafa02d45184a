// A jail.conf(5) as a whole: files in, jails with their final values and everything that is wrong with them out.
// Follows FreeBSD 15; where an older one reads a file differently, a warning says so.
#pragma once

#include <string>
#include <vector>

#include "api/jailconf/diagnostic.h"
#include "api/jailconf/expand.h"
#include "api/jailconf/files.h"
#include "api/jailconf/limits.h"
#include "api/jailconf/syntax.h"

namespace jaild::jailconf {

struct Jail {
  std::string block;  // the name before the brace, with those of the blocks around it
  Place place;
  std::vector<Setting> settings;  // "name" and "jid" among them; variables are gone
  std::vector<Note> notes;        // of its own block
  bool failed = false;            // has an error of its own: jail(8) would not start it

  // nullptr: not set.
  [[nodiscard]] const Setting* find(const std::string& name) const;
  // The value of `name`, else the block's.
  [[nodiscard]] std::string name() const;
};

struct Configuration {
  std::vector<std::string> files;
  std::vector<Jail> jails;  // in file order; none after a syntax error
  std::vector<Diagnostic> diagnostics;
  bool syntax_ok = true;

  [[nodiscard]] bool ok() const;  // no syntax error, and no jail failed
};

// Reads `path` and what it includes. Never fails as such: what cannot be read is among the diagnostics.
[[nodiscard]] Configuration read_configuration(const std::string& path, Files& files, const Limits& limits = {});

// The same for a file that has parameters only, such as jaild.conf: a block in it is an error. The one Jail of the
// result holds them, even after a syntax error.
[[nodiscard]] Configuration read_settings(const std::string& path, Files& files, const Limits& limits = {});

}  // namespace jaild::jailconf
