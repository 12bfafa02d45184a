#include "api/jailconf/lexer.h"

#include <algorithm>

#include "api/jailconf/escapes.h"

namespace jaild::jailconf {
namespace {

constexpr std::string_view note_mark = "#jaild:";

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Characters of an unquoted word. $ * + / and \ stand for themselves too, but each is a piece of its own.
bool in_word(char c) {
  return letter(c) || digit(c) || std::string_view("!%&()-.:<>?@[]^`|~").find(c) != std::string_view::npos;
}

TokenKind punctuation(char c) {
  switch (c) {
    case ';': return TokenKind::semicolon;
    case ',': return TokenKind::comma;
    case '=': return TokenKind::equals;
    case '{': return TokenKind::open;
    case '}': return TokenKind::close;
    default: return TokenKind::stray;
  }
}

// A whole UTF-8 character, so that messages can show it.
std::size_t stray_length(std::string_view rest) {
  std::size_t length = 1;
  while (length < 4 && length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xc0) == 0x80) ++length;
  return static_cast<unsigned char>(rest.front()) < 0xc0 ? 1 : length;
}

}  // namespace

Place Lexer::here() const {
  return {file_, line_, static_cast<std::uint32_t>(at_ - line_begins_ + 1)};
}

void Lexer::advance(std::size_t count) {
  const std::size_t end = std::min(at_ + count, text_.size());
  for (; at_ < end; ++at_) {
    if (text_[at_] != '\n') continue;
    ++line_;
    line_begins_ = at_ + 1;
    first_on_line_ = true;
  }
}

Token Lexer::start(TokenKind kind) const {
  Token token;
  token.kind = kind;
  token.first_line = first_on_line_;
  token.place = here();
  return token;
}

Token Lexer::finish(Token token, std::size_t length) {
  token.raw = text_.substr(at_, length);
  first_on_line_ = false;
  advance(length);
  first_on_line_ = false;
  return token;
}

// A piece of a string that is `length` long; `raw_text` is what of it is text.
Token Lexer::piece(Token token, std::size_t length, std::string_view raw_text) {
  Unescaped unescaped = unescape(raw_text);
  if (unescaped.cut_at_nul) {
    diagnostics_.warning(token.place, std::string(raw_text), "",
                         "a NUL byte ends this piece of the value: jail(8) drops what follows in it");
  }
  token.text = std::move(unescaped.text);
  token.joined = joins_;
  joins_ = true;
  return finish(std::move(token), length);
}

std::optional<Token> Lexer::skip_comment() {
  if (joins_) {
    diagnostics_.warning(here(), std::string(text_.substr(at_, 2)), "",
                         "a comment begins here, inside of what looks like one word; put the word in quotes");
  }
  joins_ = false;
  if (!at("/*")) {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    if (!at(note_mark)) {
      advance(end - at_);
      return std::nullopt;
    }
    Token note = start(TokenKind::note);
    note.text = text_.substr(at_ + note_mark.size(), end - at_ - note_mark.size());
    return finish(std::move(note), end - at_);
  }
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) {
    diagnostics_.syntax(here(), "/*", "this comment is not closed by */");
    advance(text_.size());
  } else {
    advance(end + 2 - at_);
  }
  return std::nullopt;
}

// Up to the next token; a note on the way is one.
std::optional<Token> Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      joins_ = false;
      advance(1);
    } else if (c == '#' || at("//") || at("/*")) {
      if (auto note = skip_comment()) return note;
    } else {
      break;
    }
  }
  return std::nullopt;
}

Token Lexer::next() {
  if (in_quotes_) {
    if (at_ < quotes_end_) return inside_quotes();
    in_quotes_ = false;
    advance(1);
  }
  if (closes_statement_) {
    closes_statement_ = joins_ = false;
    return start(TokenKind::semicolon);
  }
  if (auto note = skip_blanks()) return *note;
  if (at_ >= text_.size()) return start(TokenKind::end);
  switch (text_[at_]) {
    case '\'': return single_quoted();
    case '"': return double_quoted();
    case '\\': return escape();
    case '$': return variable_or_dollar();
    default: return unquoted();
  }
}

Token Lexer::unquoted() {
  Token token = start(TokenKind::word);
  const std::string_view rest = text_.substr(at_);
  if (at("+=")) {
    token.kind = TokenKind::plus_equals;
    joins_ = false;
    return finish(std::move(token), 2);
  }
  const auto run = static_cast<std::size_t>(std::ranges::find_if_not(rest, in_word) - rest.begin());
  if (run > 0) return piece(std::move(token), run, rest.substr(0, run));
  if (rest.front() == '*' || rest.front() == '+' || rest.front() == '/') {
    return piece(std::move(token), 1, rest.substr(0, 1));
  }
  token.kind = punctuation(rest.front());
  if (token.kind == TokenKind::stray) return finish(std::move(token), stray_length(rest));
  joins_ = false;
  return finish(std::move(token), 1);
}

Token Lexer::escape() {
  const std::size_t length = escape_length(text_.substr(at_));
  return piece(start(TokenKind::word), length, text_.substr(at_, length));
}

// `from` is behind the opening quote. npos: there is none.
std::size_t Lexer::closing_quote(std::size_t from, char quote) const {
  for (std::size_t at = from; at < text_.size(); ++at) {
    if (text_[at] == quote) return at;
    if (text_[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

// Takes the rest of the line for the string and for the end of its statement, so that one lost quote is one mistake.
Token Lexer::unterminated(Token token, std::string_view what) {
  const std::size_t end = std::min(text_.find('\n', at_), text_.size());
  diagnostics_.syntax(token.place, std::string(text_.substr(at_, end - at_)), "this " + std::string(what));
  closes_statement_ = true;
  token.joined = joins_;
  return finish(std::move(token), end - at_);
}

Token Lexer::single_quoted() {
  Token token = start(TokenKind::word);
  const std::size_t end = closing_quote(at_ + 1, '\'');
  if (end == std::string_view::npos) return unterminated(std::move(token), "string is not closed by '");
  return piece(std::move(token), end + 1 - at_, text_.substr(at_ + 1, end - at_ - 1));
}

Token Lexer::double_quoted() {
  Token token = start(TokenKind::word);
  const std::size_t end = closing_quote(at_ + 1, '"');
  if (end == std::string_view::npos) return unterminated(std::move(token), "string is not closed by \"");
  const std::size_t begin = at_ + 1;
  const std::size_t dollar = dollar_before(begin, end);
  in_quotes_ = dollar < end;
  quotes_end_ = end;
  const std::size_t length = (in_quotes_ ? dollar : end + 1) - at_;
  return piece(std::move(token), length, text_.substr(begin, dollar - begin));
}

// The first $ in the string that is no escape; `end` when there is none.
std::size_t Lexer::dollar_before(std::size_t from, std::size_t end) const {
  for (std::size_t at = from; at < end; ++at) {
    if (text_[at] == '$') return at;
    if (text_[at] == '\\') ++at;
  }
  return end;
}

Token Lexer::inside_quotes() {
  if (text_[at_] == '\\') return escape();
  if (text_[at_] == '$') return variable_or_dollar();
  const std::size_t end = dollar_before(at_, quotes_end_);
  return piece(start(TokenKind::word), end - at_, text_.substr(at_, end - at_));
}

Token Lexer::variable_or_dollar() {
  const std::string_view rest = text_.substr(at_ + 1);
  if (rest.starts_with('{')) return braced_variable();
  std::size_t length = 0;
  if (!rest.empty() && letter(rest.front())) {
    const auto is_part = [](char c) { return letter(c) || digit(c); };
    length = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_part) - rest.begin());
  }
  if (length == 0) return piece(start(TokenKind::word), 1, text_.substr(at_, 1));
  return piece(start(TokenKind::variable), 1 + length, rest.substr(0, length));
}

Token Lexer::braced_variable() {
  Token token = start(TokenKind::variable);
  const std::size_t begin = at_ + 2;
  const std::size_t limit = in_quotes_ ? quotes_end_ : text_.size();
  std::size_t end = begin;
  while (end < limit && std::string_view("\n{}").find(text_[end]) == std::string_view::npos) {
    end += text_[end] == '\\' ? 2 : 1;
  }
  end = std::min(end, limit);
  if (end < limit && text_[end] == '}') return piece(std::move(token), end + 1 - at_, text_.substr(begin, end - begin));
  token.kind = TokenKind::word;
  if (!in_quotes_) return unterminated(std::move(token), "variable is not closed by }");
  diagnostics_.syntax(token.place, std::string(text_.substr(at_, end - at_)), "this variable is not closed by }");
  token.joined = true;
  return finish(std::move(token), end - at_);
}

}  // namespace jaild::jailconf
