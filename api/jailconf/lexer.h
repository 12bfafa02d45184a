// Text to tokens, as FreeBSD's jail(8) cuts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/jailconf/diagnostic.h"

namespace jaild::jailconf {

enum class TokenKind {
  word,         // a piece of a string: an unquoted run, a quoted string, or what stands between variables in one
  variable,     // $name or ${name}; `text` is the name
  semicolon,    //
  comma,        //
  equals,       // =
  plus_equals,  // +=
  open,         // {
  close,        // }
  note,         // a comment that begins with "#jaild:"; `text` is what follows
  stray,        // a byte that begins no token
  end,          // of the file
};

struct Token {
  TokenKind kind = TokenKind::end;
  bool joined = false;      // word and variable: no white space before it, so it belongs to the piece before
  bool first_line = false;  // the first token on its line
  std::string text;         // escapes resolved
  std::string_view raw;     // as it stands in the file, for messages
  Place place;
};

// `text` and `diagnostics` outlive the lexer. Takes time in proportion to the text.
class Lexer {
 public:
  Lexer(std::string_view text, std::uint32_t file, Diagnostics& diagnostics)
      : text_(text), file_(file), diagnostics_(diagnostics) {}

  // After the end of the text: TokenKind::end again and again.
  Token next();

 private:
  [[nodiscard]] Place here() const;
  [[nodiscard]] bool at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void advance(std::size_t count);

  std::optional<Token> skip_blanks();
  std::optional<Token> skip_comment();
  [[nodiscard]] Token start(TokenKind kind) const;
  Token finish(Token token, std::size_t length);
  Token piece(Token token, std::size_t length, std::string_view raw_text);
  Token unquoted();
  Token escape();
  Token single_quoted();
  Token double_quoted();
  Token inside_quotes();
  Token variable_or_dollar();
  Token braced_variable();
  Token unterminated(Token token, std::string_view what);
  [[nodiscard]] std::size_t closing_quote(std::size_t from, char quote) const;
  [[nodiscard]] std::size_t dollar_before(std::size_t from, std::size_t end) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t file_;
  std::uint32_t line_ = 1;
  std::size_t line_begins_ = 0;
  Diagnostics& diagnostics_;
  bool joins_ = false;  // the next piece belongs to the one before
  bool first_on_line_ = true;
  bool closes_statement_ = false;  // after a lost quote: the next token is a semicolon
  bool in_quotes_ = false;         // between the pieces of a double-quoted string that has variables
  std::size_t quotes_end_ = 0;     // where its closing quote stands
};

}  // namespace jaild::jailconf
