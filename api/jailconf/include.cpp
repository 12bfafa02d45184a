// The part of the parser that opens and closes files.
#include <algorithm>

#include "api/jailconf/parser.h"

namespace jaild::jailconf {
namespace {

// jail.conf of fail2ban(1) is an INI file: sections in brackets, and no block at all. Its first line that is no comment
// tells them apart.
bool looks_like_ini(std::string_view text) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = text.substr(from, end - from);
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    from = end + 1;
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const std::size_t bracket = line.find(']');
    if (line.front() != '[' || bracket == std::string_view::npos || bracket < 2) return false;
    const std::size_t behind = line.find_first_not_of(" \t\r", bracket + 1);
    return behind == std::string_view::npos || line[behind] == '#' || line[behind] == ';';
  }
  return false;
}

bool has_nul(std::string_view text) {
  return text.substr(0, 4096).find('\0') != std::string_view::npos;
}

}  // namespace

// False when the file cannot be read, which is reported at the .include; without one at its own first line.
bool Parser::open_source(const std::string& path, std::optional<Place> included_at) {
  const auto refuse = [&](std::string message) {
    const Place place = included_at ? *included_at : Place{diagnostics_.add_file(path), 1, 1};
    diagnostics_.syntax(place, included_at ? path : "", std::move(message));
    return false;
  };
  if (diagnostics_.files().size() >= limits_.files) {
    stopped_ = true;
    return refuse("more than " + std::to_string(limits_.files) + " files are included");
  }
  Result<std::string> text = files_.read(path, limits_.bytes - bytes_);
  if (!text) return refuse(text.error().message);
  const std::uint32_t number = diagnostics_.add_file(path);
  bytes_ += text->size();
  auto kept = std::make_unique<const std::string>(std::move(*text));
  if (looks_like_ini(*kept)) {
    diagnostics_.syntax({number, 1, 1}, "", "this is an INI file, such as fail2ban's jail.conf, and no jail.conf(5)");
    return false;
  }
  if (has_nul(*kept)) {
    diagnostics_.syntax({number, 1, 1}, "", "this is a binary file and no jail.conf(5)");
    return false;
  }
  Lexer lexer(*kept, number, diagnostics_);
  sources_.push_back({path, std::move(kept), std::move(lexer), levels_.size()});
  return true;
}

void Parser::close_source() {
  for (std::size_t at = levels_.size(); at > sources_.back().open_blocks; --at) {
    const Level& level = levels_[at - 1];
    diagnostics_.syntax(level.place, level.name, "the block " + level.name + " is not closed by '}'");
  }
  levels_.resize(sources_.back().open_blocks);
  sources_.pop_back();
}

void Parser::open_next_include() {
  Source& source = sources_.back();
  const Include next = std::move(source.includes.back());
  source.includes.pop_back();
  if (std::ranges::any_of(sources_, [&](const Source& open) { return open.path == next.path; })) {
    diagnostics_.syntax(next.place, next.path, next.path + " includes itself");
  } else if (sources_.size() > limits_.include_depth) {
    diagnostics_.syntax(next.place, next.path,
                        "files are included deeper than " + std::to_string(limits_.include_depth) + " levels");
    stopped_ = true;
  } else {
    open_source(next.path, next.place);
  }
}

void Parser::include(const Statement& statement) {
  std::vector<Include>& includes = sources_.back().includes;
  for (const Value& value : statement.values) {
    for (std::string& path : included_paths(value)) includes.push_back({std::move(path), value.place});
  }
  std::ranges::reverse(includes);  // it was empty: includes are read before the next statement
}

std::vector<std::string> Parser::included_paths(const Value& value) {
  if (std::ranges::any_of(value.pieces, &Piece::variable)) {
    diagnostics_.syntax(value.place, "", "the name of an included file cannot hold a variable");
    return {};
  }
  std::string path = value.pieces.front().text;
  const std::string& source = sources_.back().path;
  if (const std::size_t slash = source.rfind('/'); !path.starts_with('/') && slash != std::string::npos) {
    path = source.substr(0, slash + 1) + path;
  }
  if (path.find_first_of("*?[") == std::string::npos) return {path};
  Result<std::vector<std::string>> found = files_.glob(path, limits_.files);
  if (found) return *found;
  diagnostics_.syntax(value.place, path, found.error().message);
  return {};
}

}  // namespace jaild::jailconf
