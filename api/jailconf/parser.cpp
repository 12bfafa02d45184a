#include "api/jailconf/parser.h"

#include <utility>

#include "api/jailconf/option_name.h"

namespace jaild::jailconf {
namespace {

bool begins_string(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::variable;
}

std::string shown(const Token& token) {
  if (token.kind == TokenKind::end) return "the end of the file";
  return "'" + std::string(token.raw.substr(0, 40)) + "'";
}

}  // namespace

std::vector<Block> Parser::parse(const std::string& path) {
  if (!open_source(path, std::nullopt)) return {};
  while (!sources_.empty() && !stopped_ && !diagnostics_.full()) {
    if (sources_.back().includes.empty()) {
      parse_item(next());
    } else {
      open_next_include();
    }
  }
  return std::move(blocks_);
}

Token Parser::next() {
  Source& source = sources_.back();
  if (source.put_back) return *std::exchange(source.put_back, std::nullopt);
  Token token = source.lexer.next();
  // Notes may stand anywhere a comment may; they belong to the block around them.
  while (token.kind == TokenKind::note) {
    add_note(token);
    token = source.lexer.next();
  }
  return token;
}

void Parser::parse_item(Token token) {
  switch (token.kind) {
    case TokenKind::end: close_source(); return;
    case TokenKind::semicolon: return;
    case TokenKind::close: close_block(token); return;
    case TokenKind::word:
    case TokenKind::variable: parse_statement(token); return;
    case TokenKind::comma:
    case TokenKind::equals:
    case TokenKind::plus_equals:
    case TokenKind::open:
    case TokenKind::stray:
    case TokenKind::note: break;
  }
  unexpected(token, "a parameter or the name of a jail");
  recover(std::move(token));
}

void Parser::parse_statement(const Token& name) {
  Statement statement;
  statement.name = name.text;
  statement.variable = name.kind == TokenKind::variable;
  statement.place = name.place;
  check_name(name, name.text);
  Token token = next();
  switch (token.kind) {
    case TokenKind::open:
      if (!statement.variable) {
        open_block(name);
        return;
      }
      unexpected(token, "'=' behind a variable");
      recover(std::move(token));
      return;
    case TokenKind::plus_equals:
    case TokenKind::equals:
      statement.append = token.kind == TokenKind::plus_equals;
      if (parse_values(next(), statement)) end_statement(std::move(statement));
      return;
    case TokenKind::semicolon: end_statement(std::move(statement)); return;
    case TokenKind::word:
    case TokenKind::variable:
      if (token.joined) {
        unexpected(token, "a name in one piece; put \"" + std::string(name.raw) + std::string(token.raw) +
                              "\" in quotes if that is the name");
        recover(std::move(token));
        return;
      }
      if (token.first_line) {
        diagnostics_.warning(token.place, std::string(token.raw), "",
                             "this is read as the value of " + statement.name + "; is a ';' missing behind it?");
      }
      if (statement.name == ".include" && !statement.variable) {
        if (parse_values(std::move(token), statement)) include(statement);
      } else if (parse_values(std::move(token), statement)) {
        end_statement(std::move(statement));
      }
      return;
    case TokenKind::comma:
    case TokenKind::close:
    case TokenKind::stray:
    case TokenKind::note:
    case TokenKind::end: break;
  }
  unexpected(token, "'=', '+=', ';' or '{' behind " + shown(name));
  if (token.kind == TokenKind::close || token.kind == TokenKind::end) {
    put_back(std::move(token));
  } else {
    recover(std::move(token));
  }
}

// False when the values are wrong; then it has recovered, and the statement is dropped.
bool Parser::parse_values(Token token, Statement& statement) {
  for (;;) {
    if (!parse_value(token, statement)) return false;
    if (token.kind == TokenKind::semicolon) return true;
    if (token.kind != TokenKind::comma) break;
    token = next();
  }
  unexpected(token, begins_string(token) && !token.first_line ? "',' or ';'; a value with white space needs quotes"
                                                              : "',' or ';' behind the value of " + statement.name);
  // A forgotten semicolon: the value is whole, so it counts, and what follows is read as the next statement.
  const bool forgotten =
      token.kind == TokenKind::close || token.kind == TokenKind::end || (begins_string(token) && token.first_line);
  if (forgotten) {
    put_back(std::move(token));
  } else {
    recover(std::move(token));
  }
  return forgotten;
}

// `token` is the value's first on entry, and the first behind it on return.
bool Parser::parse_value(Token& token, Statement& statement) {
  if (!begins_string(token)) {
    unexpected(token, "a value for " + statement.name);
    recover(std::move(token));
    return false;
  }
  Value value;
  value.place = token.place;
  bool more = true;
  while (more) {
    const bool variable = token.kind == TokenKind::variable;
    if (variable) check_name(token, token.text);
    if (variable || value.pieces.empty() || value.pieces.back().variable) {
      value.pieces.push_back({variable, std::move(token.text)});
      if (!count_parts(1, token.place)) return false;
    } else {
      value.pieces.back().text += token.text;
    }
    token = next();
    more = begins_string(token) && token.joined;
  }
  if (!count_parts(1, value.place)) return false;
  statement.values.push_back(std::move(value));
  return true;
}

void Parser::end_statement(Statement statement) {
  if (count_parts(1, statement.place)) add(std::move(statement));
}

void Parser::add(Statement statement) {
  if (Block* block = current_block(statement.place)) block->statements.push_back(std::move(statement));
}

// nullptr inside a block that was refused. Parameters outside any block share one, which stands where the first did.
Block* Parser::current_block(const Place& place) {
  if (!levels_.empty()) return levels_.back().block ? &blocks_[*levels_.back().block] : nullptr;
  if (!global_) {
    global_ = blocks_.size();
    blocks_.push_back({"*", place, true, {}, {}});
  }
  return &blocks_[*global_];
}

void Parser::open_block(const Token& name) {
  std::string outer = levels_.empty() ? "" : levels_.back().name + ".";
  Level level{std::nullopt, outer + name.text, name.place};
  const bool wildcard = is_wildcard(level.name);
  if (!check_name(name, level.name)) return;
  if (name.text.empty()) {
    diagnostics_.syntax(name.place, "", "a block needs a name");
  } else if (levels_.size() >= limits_.block_depth) {
    diagnostics_.syntax(name.place, std::string(name.raw),
                        "blocks are nested deeper than " + std::to_string(limits_.block_depth) + " levels");
    stopped_ = true;
  } else if (wildcard ? wildcards_ >= limits_.wildcards : jails_ >= limits_.jails) {
    diagnostics_.syntax(name.place, std::string(name.raw), "more jails than one configuration may hold");
    stopped_ = true;
  } else if (levels_.empty() || levels_.back().block) {
    ++(wildcard ? wildcards_ : jails_);
    level.block = blocks_.size();
    blocks_.push_back({level.name, name.place, false, {}, {}});
  }
  if (!count_parts(1, name.place)) return;
  levels_.push_back(std::move(level));
}

void Parser::close_block(const Token& token) {
  if (levels_.size() > sources_.back().open_blocks) {
    levels_.pop_back();
  } else {
    diagnostics_.syntax(
        token.place, "}",
        sources_.size() > 1 ? "unexpected '}': no block was opened in this file" : "unexpected '}': no block is open");
  }
}

void Parser::add_note(const Token& token) {
  if (levels_.empty() || !count_parts(1, token.place)) return;
  if (Block* block = current_block(token.place)) block->notes.push_back({token.text, token.place});
}

bool Parser::check_name(const Token& token, const std::string& name) {
  if (name.size() <= limits_.name_bytes) return true;
  diagnostics_.syntax(token.place, std::string(token.raw),
                      "a name of more than " + std::to_string(limits_.name_bytes) + " bytes");
  stopped_ = true;
  return false;
}

void Parser::unexpected(const Token& token, const std::string& expected) {
  diagnostics_.syntax(token.place, std::string(token.raw), "unexpected " + shown(token) + ", expected " + expected);
}

// Skips to where the next statement begins: behind a semicolon, before a brace that closes, or at the first word of a
// line. A block that is opened on the way is entered, so that its closing brace is not a mistake of its own.
void Parser::recover(Token token) {
  for (bool first = true;; first = false) {
    if (token.kind == TokenKind::semicolon) return;
    if (token.kind == TokenKind::open) {
      levels_.push_back({std::nullopt, "", token.place});
      if (levels_.size() > limits_.block_depth) stopped_ = true;
      return;
    }
    const bool begins = begins_string(token) && token.first_line && !first;
    if (begins || token.kind == TokenKind::close || token.kind == TokenKind::end) {
      put_back(std::move(token));
      return;
    }
    token = next();
  }
}

bool Parser::count_parts(std::size_t parts, Place place) {
  parts_ += parts;
  if (parts_ <= limits_.parts) return true;
  if (!stopped_) {
    diagnostics_.syntax(place, "",
                        "more than " + std::to_string(limits_.parts) + " values: this is no configuration of jails");
  }
  stopped_ = true;
  return false;
}

}  // namespace jaild::jailconf
