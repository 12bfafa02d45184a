#include <ostream>

#include "api/contract/json.h"
#include "client/commands/options.h"
#include "client/declaration_file.h"
#include "client/editor.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

struct EditOptions {
  std::string name;
};

// What may be edited: status and generation are the daemon's to say.
std::string editable_text(const json& object) {
  json document = json::object();
  for (const char* field : {"name", "desired", "spec"}) {
    if (object.contains(field)) document[field] = object[field];
  }
  return document.dump(2, ' ', false) + "\n";
}

Result<Answer> put(Session& session, const std::string& name, const std::string& text, const std::string& etag) {
  const Result<json> body = parse_json(text);
  if (!body) return Fail(body.error());
  return session.api().call({.route = RouteId::put_jail, .name = name, .body = &*body, .if_match = etag});
}

ExitCode keep(Session& session, const std::string& name, ScratchFile& file, ExitCode code) {
  file.keep();
  session.warn(name, "nothing was changed; your text is in " + file.path());
  return code;
}

void print_done(Session& session, const json& object) {
  if (session.json()) {
    print_json(session.out(), object);
  } else {
    session.out() << printable(written_text(object)) << '\n';
  }
}

ExitCode edit(Session& session, const std::string& name, const Answer& present, ScratchFile& file) {
  const std::string before = editable_text(present.body);
  // Bounded by the person who says yes each time.
  while (true) {
    const Result<void> edited = run_editor(file.path(), session.terminal().environment);
    if (!edited) return keep(session, name, file, session.fail(name, edited.error()));
    const Result<std::string> text = file.read();
    if (!text) return keep(session, name, file, session.fail(name, text.error()));
    if (*text == before) {
      if (session.json()) print_json(session.out(), present.body);
      if (!session.json()) session.out() << name << ": not changed\n";
      return ExitCode::ok;
    }
    const Result<Answer> answer = put(session, name, *text, present.etag);
    if (answer) {
      print_done(session, answer->body);
      return ExitCode::ok;
    }
    const ExitCode code = fail_at(session, name, {file.path(), *text}, answer.error(), "");
    const bool mistake = answer.error().kind == Kind::bad_json || answer.error().kind == Kind::invalid;
    if (!mistake || !session.terminal().can_ask() || !session.terminal().ask("Edit again?", true)) {
      return keep(session, name, file, code);
    }
  }
}

ExitCode run_edit(Session& session, const EditOptions& options) {
  if (const ExitCode wrong = session.check_names({options.name}); wrong != ExitCode::ok) return wrong;
  const Result<Answer> present = session.api().get(options.name);
  if (!present) return session.fail(options.name, present.error());
  Result<ScratchFile> file =
      ScratchFile::create(options.name + ".json", editable_text(present->body), session.terminal().environment);
  if (!file) return session.fail(options.name, file.error());
  session.out().flush();
  return edit(session, options.name, *present, *file);
}

}  // namespace

void add_edit(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<EditOptions>();
  CLI::App* verb = app.add_subcommand("edit", "Edit the declaration of a jail in $VISUAL, $EDITOR or vi");
  verb->add_option("NAME", options->name, "The jail")->type_name("")->required();
  verb->footer(
      "The text is never lost: on a mistake you may open it again, and when somebody else changed the jail\n"
      "meanwhile nothing is overwritten and the file is kept.\n\n"
      "  EDITOR=ee jailctl edit web\n");
  choose(*verb, chosen, options, run_edit);
}

}  // namespace jaild::client
