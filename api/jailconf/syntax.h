// What a configuration says, before blocks are merged and variables are looked up.
#pragma once

#include <string>
#include <vector>

#include "api/jailconf/diagnostic.h"

namespace jaild::jailconf {

struct Piece {
  bool variable = false;
  std::string text;  // of a variable: its name
};

// A string whose pieces stand next to each other.
struct Value {
  std::vector<Piece> pieces;
  Place place;
};

// name; name = value, value; name += value; and the same with $name.
struct Statement {
  std::string name;
  bool variable = false;
  bool append = false;
  std::vector<Value> values;  // empty: the name alone
  Place place;
};

// "#jaild: TEXT", a comment to jail(8).
struct Note {
  std::string text;
  Place place;
};

struct Block {
  std::string name;  // with the names of the blocks around it: "outer.inner"
  Place place;
  bool global = false;  // the parameters outside any block; its name is "*"
  std::vector<Statement> statements;
  std::vector<Note> notes;
};

}  // namespace jaild::jailconf
