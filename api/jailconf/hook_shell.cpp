#include "api/jailconf/hook_shell.h"

#include <algorithm>
#include <array>
#include <utility>

namespace jaild::jailconf {
namespace {

constexpr std::array<std::string_view, 16> reserved_words = {"if",    "then",  "elif",     "else", "fi",   "for",
                                                             "while", "until", "do",       "done", "case", "esac",
                                                             "{",     "}",     "function", "!"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::optional<std::vector<SimpleCommand>> split() {
    while (readable_ && at_ < line_.size()) next();
    end_command(Joint::always);
    if (!readable_) return std::nullopt;
    return std::move(commands_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0';
  }

  void next() {
    const char c = peek();
    if (is_blank(c)) {
      end_word();
      ++at_;
    } else if (c == '#' && !in_word_) {
      while (at_ < line_.size() && peek() != '\n') ++at_;
    } else if (c == ';' || c == '\n' || c == '&' || c == '|') {
      separator(c);
    } else if (c == '<' || c == '>') {
      redirection();
    } else if (c == '(' || c == ')' || c == '`') {
      readable_ = false;
    } else {
      word_piece(c);
    }
  }

  void separator(char c) {
    const bool doubled = (c == '&' || c == '|') && peek(1) == c;
    at_ += doubled ? 2 : 1;
    if (c == ';' && peek() == ';') readable_ = false;
    if (c == '|') {
      end_command(doubled ? Joint::if_failed : Joint::pipe);
    } else {
      end_command(doubled ? Joint::if_ok : Joint::always);
    }
  }

  // [N]>FILE, >>FILE, >&N, <FILE: where the output goes is no matter here.
  void redirection() {
    if (in_word_ && std::ranges::all_of(word_, [](char c) { return c >= '0' && c <= '9'; })) {
      word_.clear();
      in_word_ = false;
    }
    end_word();
    if (peek() == '<' && peek(1) == '<') readable_ = false;  // a here-document
    while (peek() == '<' || peek() == '>' || peek() == '&' || peek() == '|') ++at_;
    while (is_blank(peek())) ++at_;
    skips_word_ = true;
  }

  void word_piece(char c) {
    if (c == '\\' && peek(1) == '\n') {  // a line that goes on
      at_ += 2;
      return;
    }
    in_word_ = true;
    ++at_;
    if (c == '\'') {
      quoted_by_one();
    } else if (c == '"') {
      quoted_by_two();
    } else if (c == '\\') {
      if (at_ < line_.size()) word_ += peek();
      ++at_;
    } else if (c == '$') {
      variable();
    } else {
      word_ += c;
    }
  }

  void quoted_by_one() {
    const std::size_t end = line_.find('\'', at_);
    if (end == std::string_view::npos) {
      readable_ = false;
      return;
    }
    word_ += line_.substr(at_, end - at_);
    at_ = end + 1;
  }

  void quoted_by_two() {
    for (; at_ < line_.size(); ++at_) {
      const char c = peek();
      if (c == '"') {
        ++at_;
        return;
      }
      if (c == '`' || (c == '$' && peek(1) == '(')) break;
      if (c == '\\' && std::string_view("\"\\$`\n").find(peek(1)) != std::string_view::npos) ++at_;
      if (at_ < line_.size() && peek() != '\n') word_ += peek();
    }
    readable_ = false;
  }

  void variable() {
    word_ += '$';
    if (peek() == '(') readable_ = false;
    if (peek() != '{') return;
    const std::size_t end = line_.find('}', at_);
    if (end == std::string_view::npos) {
      readable_ = false;
      return;
    }
    word_ += line_.substr(at_, end + 1 - at_);
    at_ = end + 1;
  }

  void end_word() {
    if (in_word_ && !std::exchange(skips_word_, false)) {
      if (command_.words.empty() && std::ranges::find(reserved_words, word_) != reserved_words.end()) readable_ = false;
      command_.words.push_back(word_);
    }
    word_.clear();
    in_word_ = false;
  }

  void end_command(Joint following) {
    end_word();
    skips_word_ = false;
    if (!command_.words.empty()) commands_.push_back(std::move(command_));
    command_ = {};
    command_.joint = following;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;     // also of an empty one, ''
  bool skips_word_ = false;  // the next word is where a redirection goes
  bool readable_ = true;
  SimpleCommand command_;
  std::vector<SimpleCommand> commands_;
};

}  // namespace

std::optional<std::vector<SimpleCommand>> split_commands(std::string_view line) {
  return Splitter(line).split();
}

}  // namespace jaild::jailconf
