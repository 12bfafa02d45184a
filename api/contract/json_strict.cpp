#include <iterator>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/mistakes.h"

namespace jaild {
namespace {

using nlohmann::json;

constexpr std::size_t depth_max = 32;

// Walks over the text and tells how far the parser has read, which its events do not say.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  // `read` is kept up to date and outlives the iterator.
  CountingIterator(const char* at, std::size_t& read) : at_(at), read_(&read) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* read_;
};

// Builds the document as the library's own parser would, and stops at what it would let pass: a key given twice and
// nesting without a bound.
class StrictBuilder {
 public:
  using number_integer_t = json::number_integer_t;
  using number_unsigned_t = json::number_unsigned_t;
  using number_float_t = json::number_float_t;
  using string_t = json::string_t;
  using binary_t = json::binary_t;

  explicit StrictBuilder(const std::size_t& read) : read_(read) {}

  bool null() { return place(nullptr); }
  bool boolean(bool value) { return place(value); }
  bool number_integer(number_integer_t value) { return place(value); }
  bool number_unsigned(number_unsigned_t value) { return place(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) { return place(value); }
  bool string(string_t& value) { return place(std::move(value)); }
  bool binary(binary_t& value) { return place(json::binary(std::move(value))); }
  bool start_object(std::size_t /*count*/) { return open(json::object()); }
  bool start_array(std::size_t /*count*/) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& name) {
    Level& level = levels_.back();
    level.key = std::move(name);
    if (!level.container->contains(level.key)) return true;
    Mistakes mistakes;
    mistakes.add(here(), "the key is given twice");
    error_ = Error{Kind::bad_json, "byte " + std::to_string(read_) + ": " + in_quotes(level.key) + " is given twice", 0,
                   mistakes.take()};
    return false;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& failure) {
    constexpr int number_overflow = 406;  // the library's number for it; its words repeat all of the digits
    if (failure.id == number_overflow) {
      error_ = Error{Kind::bad_json, "byte " + std::to_string(position) + ": the number is too large", 0, {}};
      return false;
    }
    constexpr std::size_t words_max = 256;  // the library's, which repeat what it read last, such as a long string
    std::string_view what = failure.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." is for programmers up to the bracket.
    if (const std::size_t bracket = what.find("] "); bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
    error_ = Error{Kind::bad_json, "byte " + std::to_string(position) + ": " + in_short(what, words_max), 0, {}};
    return false;
  }

  Result<json> take() {
    if (error_) return Fail(std::move(*error_));
    return std::move(root_);
  }

 private:
  struct Level {
    json* container;
    std::string key;  // of an object: the member under construction
  };

  bool place(json value) {
    add(std::move(value));
    return true;
  }

  json* add(json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    return &((*level.container)[level.key] = std::move(value));
  }

  bool open(json container) {
    if (levels_.size() == depth_max) {
      error_ = Error{
          Kind::bad_json, "byte " + std::to_string(read_) + ": nested deeper than " + std::to_string(depth_max), 0, {}};
      return false;
    }
    levels_.push_back({add(std::move(container)), {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // The JSON Pointer of the member under construction.
  [[nodiscard]] std::string here() const {
    std::string pointer;
    for (const Level& level : levels_) {
      pointer = level.container->is_array() ? pointer_to(pointer, level.container->size() - 1)
                                            : pointer_to(pointer, std::string_view(level.key));
    }
    return pointer;
  }

  const std::size_t& read_;
  json root_;
  std::vector<Level> levels_;  // at most depth_max
  std::optional<Error> error_;
};

}  // namespace

Result<json> parse_json(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Fail(Kind::bad_json, "the text is empty");
  // The library takes a NUL byte for the end of the text and would let anything follow it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return Fail(Kind::bad_json, "byte " + std::to_string(nul + 1) + ": a NUL byte");
  std::size_t read = 0;
  std::size_t ignored = 0;
  StrictBuilder builder(read);
  json::sax_parse(CountingIterator(text.data(), read), CountingIterator(text.data() + text.size(), ignored), &builder);
  return builder.take();
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace jaild
