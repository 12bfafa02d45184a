// Prometheus' text format 0.0.4, written straight into one string. The per-jail series are some sixty for each jail:
// as prometheus-cpp's objects (about 400 bytes each) a scrape of a thousand jails would allocate 25 MB to write 4 MB.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace jaild::metrics {

enum class MetricType { counter, gauge };

// `{name="value"`, escaped and left open: more labels may follow, then sample() closes it.
std::string open_labels(std::string_view name, std::string_view value);
// `,name="value"`, to follow.
std::string more_labels(std::string_view name, std::string_view value);

class TextWriter {
 public:
  explicit TextWriter(std::size_t expected_bytes) { text_.reserve(expected_bytes); }

  // The samples that follow are of this family; its HELP and TYPE come with the first of them, so that a family without
  // samples is not there at all. All three are literals of ours: one line, no backslash.
  void family(const char* name, const char* help, MetricType type);

  // `labels`, `more`: as made above, or "". Numbers come out as they would be read back: exact.
  template <std::integral T>
  void sample(std::string_view labels, std::string_view more, T value) {
    begin_line(labels, more);
    integer(static_cast<std::int64_t>(value));
  }
  void sample(std::string_view labels, std::string_view more, std::uint64_t value);
  void sample(std::string_view labels, std::string_view more, double value);

  void append(std::string_view finished_families) { text_.append(finished_families); }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  void begin_line(std::string_view labels, std::string_view more);
  void integer(std::int64_t value);

  std::string text_;
  std::string_view name_;
  std::string_view help_;
  MetricType type_ = MetricType::gauge;
  bool begun_ = false;  // the present family's HELP and TYPE are written
};

}  // namespace jaild::metrics
