// How answers look: safe text, tables, JSON, times, steps. Nothing here talks to the daemon.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/jail_status.h"
#include "client/terminal.h"

namespace jaild::client {

// `text` as it may go to a terminal: control characters (C0, DEL, C1), direction overrides and bytes that are not UTF-8
// become \n, \t, \xNN or \u{NNNN}. What a jail prints can reach a reason or a label and must not drive the terminal.
[[nodiscard]] std::string printable(std::string_view text);
// The same for text of several lines: line feeds and tabs stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

enum class Colour { none, green, yellow, red, bold, dim };
[[nodiscard]] std::string painted(std::string_view text, Colour colour, Style style);
[[nodiscard]] Colour state_colour(std::string_view state);

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// Columns padded with blanks to their widest cell, two blanks between, no borders: as readable by awk(1) as by people.
// An empty cell shows "-", so that the columns can be counted. On a terminal a line is cut where it would wrap,
// with a mark; in a pipe none is.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }  // as many cells as the header has
  void print(std::ostream& out, Style style) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
};

// Indented, ASCII only (everything else as \uNNNN), so it is safe on every terminal and equal in value to what came.
// `value` is UTF-8, as everything that parse_json() gives.
void print_json(std::ostream& out, const nlohmann::json& value);
[[nodiscard]] std::string json_line(const nlohmann::json& value);

// "8s", "3m12s", "2h05m", "4d03h"; below a second "0.4s".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
// Of an RFC 3339 time up to `now`; "" when it is none. A clock that was set back gives "0s".
[[nodiscard]] std::string age_text(std::string_view rfc3339_time, WallTime now);
// Of a resource of rctl(8): bytes as 512M, seconds and counts as they are.
[[nodiscard]] std::string amount_text(std::string_view resource, double amount);

// One element of status.steps; a dry run's steps have not happened and carry no mark.
void print_step(std::ostream& out, const nlohmann::json& step, Style style);
void print_planned_step(std::ostream& out, const nlohmann::json& step);
// The answer to ?dry_run=1, {"items":[change...]}: every change, with every step in order.
void print_changes(std::ostream& out, const nlohmann::json& answer, Style style);

}  // namespace jaild::client
