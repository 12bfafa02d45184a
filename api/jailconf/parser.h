// Files to blocks of statements. Follows .include; reports every mistake and goes on behind it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/jailconf/files.h"
#include "api/jailconf/lexer.h"
#include "api/jailconf/limits.h"
#include "api/jailconf/syntax.h"

namespace jaild::jailconf {

// Everything passed in outlives the parser. One file after the other on stacks of our own: nothing here recurses.
class Parser {
 public:
  Parser(Files& files, const Limits& limits, Diagnostics& diagnostics)
      : files_(files), limits_(limits), diagnostics_(diagnostics) {}

  // The blocks in the order in which they begin.
  std::vector<Block> parse(const std::string& path);

 private:
  struct Include {
    std::string path;
    Place place;
  };
  struct Source {
    std::string path;
    std::unique_ptr<const std::string> text;  // does not move while the lexer looks at it
    Lexer lexer;
    std::size_t open_blocks;          // how many were open when the file began
    std::optional<Token> put_back{};  // comes before the lexer's next
    std::vector<Include> includes{};  // to be read before that, the last first
  };
  struct Level {
    std::optional<std::size_t> block;  // nullopt: what stands in it is checked and dropped
    std::string name;
    Place place;
  };

  bool open_source(const std::string& path, std::optional<Place> included_at);
  void open_next_include();
  void close_source();
  Token next();
  void put_back(Token token) { sources_.back().put_back = std::move(token); }

  void parse_item(Token token);
  void parse_statement(const Token& name);
  void parse_after_name(Statement statement, const Token& name, bool assigned);
  bool parse_values(Token token, Statement& statement);
  bool parse_value(Token& token, Statement& statement);
  void end_statement(Statement statement);
  void open_block(const Token& name);
  void close_block(const Token& token);
  void add_note(const Token& token);
  void add(Statement statement);
  Block* current_block(const Place& place);

  void include(const Statement& statement);
  [[nodiscard]] std::vector<std::string> included_paths(const Value& value);

  bool check_name(const Token& token, const std::string& name);
  void unexpected(const Token& token, const std::string& expected);
  void recover(Token token);
  bool count_parts(std::size_t parts, Place place);

  Files& files_;
  const Limits& limits_;
  Diagnostics& diagnostics_;
  std::vector<Source> sources_;
  std::vector<Level> levels_;
  std::vector<Block> blocks_;
  std::optional<std::size_t> global_;
  std::size_t bytes_ = 0;
  std::size_t parts_ = 0;
  std::size_t jails_ = 0;
  std::size_t wildcards_ = 0;
  bool stopped_ = false;  // a limit was reached
};

}  // namespace jaild::jailconf
