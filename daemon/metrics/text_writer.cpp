#include "daemon/metrics/text_writer.h"

#include <array>
#include <charconv>

namespace jaild::metrics {
namespace {

constexpr std::size_t number_bytes_max = 32;  // the longest double has 24 characters, the longest integer 20

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\': text += "\\\\"; break;
      case '"': text += "\\\""; break;
      case '\n': text += "\\n"; break;
      default: text += c;
    }
  }
}

std::string label(char before, std::string_view name, std::string_view value) {
  std::string text(1, before);
  text.append(name).append("=\"");
  append_escaped(text, value);
  text += '"';
  return text;
}

template <class T>
void append_number(std::string& text, T value) {
  std::array<char, number_bytes_max> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(error);  // it fits
  text.append(digits.data(), end);
  text += '\n';
}

}  // namespace

std::string open_labels(std::string_view name, std::string_view value) {
  return label('{', name, value);
}

std::string more_labels(std::string_view name, std::string_view value) {
  return label(',', name, value);
}

void TextWriter::family(const char* name, const char* help, MetricType type) {
  name_ = name;
  help_ = help;
  type_ = type;
  begun_ = false;
}

void TextWriter::begin_line(std::string_view labels, std::string_view more) {
  if (!begun_) {
    text_.append("# HELP ").append(name_).append(" ").append(help_);
    text_.append("\n# TYPE ").append(name_).append(type_ == MetricType::counter ? " counter\n" : " gauge\n");
    begun_ = true;
  }
  text_.append(name_).append(labels).append(more);
  text_.append(labels.empty() ? " " : "} ");
}

void TextWriter::integer(std::int64_t value) {
  append_number(text_, value);
}

void TextWriter::sample(std::string_view labels, std::string_view more, std::uint64_t value) {
  begin_line(labels, more);
  append_number(text_, value);
}

void TextWriter::sample(std::string_view labels, std::string_view more, double value) {
  begin_line(labels, more);
  append_number(text_, value);
}

}  // namespace jaild::metrics
