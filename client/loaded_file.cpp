#include "client/loaded_file.h"

#include <ostream>

#include "client/output.h"

namespace jaild::client {

namespace {

ExitCode load_json(Session& session, LoadedFile& file) {
  Result<std::vector<Declaration>> jails = parse_declarations(file.source.text);
  if (!jails) {
    fail_at(session, "", file.source, jails.error(), "");
    return ExitCode::usage;
  }
  file.jails = std::move(*jails);
  return ExitCode::ok;
}

ExitCode load_jail_conf(Session& session, LoadedFile& file) {
  jailconf::Declarations declarations = read_jail_conf(file.source.file, file.source.text);
  if (const ExitCode wrong = report(session, declarations); wrong != ExitCode::ok) return wrong;
  if (declarations.jails.empty()) return session.usage(file.source.file + " declares no jail");
  file.blocks = std::move(declarations.jails);
  order_by_dependency(file.blocks);
  for (const jailconf::Declared& block : file.blocks) {
    for (const std::string& remark : block.remarks) session.warn(block.name, remark);
    file.jails.push_back({block.name, "", block.body, true});
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode load_file(Session& session, const std::string& path, LoadedFile& file) {
  Result<SourceText> source = read_source(path, session.terminal().in);
  if (!source) return session.fail("", source.error());
  file.source = std::move(*source);
  return looks_like_json(file.source.text) ? load_json(session, file) : load_jail_conf(session, file);
}

ExitCode refused(Session& session, const LoadedFile& file, std::size_t at, const Error& error) {
  const Declaration& jail = file.jails[at];
  if (file.blocks.empty()) return fail_at(session, jail.name, file.source, error, jail.pointer);
  if (error.kind != Kind::invalid) return session.fail(jail.name, error);
  for (const std::string& line : located(file.blocks[at], error)) session.terminal().err << printable(line) << '\n';
  return exit_code(error.kind);
}

}  // namespace jaild::client
