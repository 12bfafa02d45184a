// A netlink request under construction, and a look at the attributes of an answer.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace jaild::host {

class NetlinkMessage {
 public:
  template <class Body>
  NetlinkMessage(std::uint16_t type, std::uint16_t flags, const Body& body) : bytes_(NLMSG_LENGTH(0)) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    std::memcpy(bytes_.data(), &header, sizeof header);
    append(body);
  }

  void add(std::uint16_t type, const void* data, std::size_t size) {
    rtattr attribute{};
    attribute.rta_type = type;
    attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
    append(attribute);
    const auto* octets = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), octets, octets + size);
    align();
  }
  void add_text(std::uint16_t type, const std::string& text) { add(type, text.c_str(), text.size() + 1); }
  template <class Number>
  void add_number(std::uint16_t type, Number number) {
    add(type, &number, sizeof number);
  }

  // begin() and end() bracket an attribute made of attributes.
  [[nodiscard]] std::size_t begin(std::uint16_t type) {
    const std::size_t start = bytes_.size();
    rtattr attribute{};
    attribute.rta_type = type;
    append(attribute);
    return start;
  }
  void end(std::size_t start) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - start);
    std::memcpy(bytes_.data() + start, &length, sizeof length);  // rta_len comes first
  }
  template <class Body>
  void append(const Body& body) {
    const std::size_t start = bytes_.size();
    bytes_.resize(start + sizeof body);
    std::memcpy(bytes_.data() + start, &body, sizeof body);
    align();
  }

  [[nodiscard]] std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  void align() { bytes_.resize(NLMSG_ALIGN(bytes_.size())); }

  std::vector<std::uint8_t> bytes_;
};

// Calls each(type, data, size) for the attributes in `size` bytes at `data`.
template <class Each>
void for_attributes(const std::uint8_t* data, std::size_t size, Each each) {
  while (size >= sizeof(rtattr)) {
    rtattr attribute{};
    std::memcpy(&attribute, data, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > size) return;
    each(attribute.rta_type & NLA_TYPE_MASK, data + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0));
    const std::size_t step = RTA_ALIGN(attribute.rta_len);
    if (step >= size) return;
    data += step;
    size -= step;
  }
}

// The body of an answer and the attributes after it.
template <class Body, class Each>
Body read_message(const nlmsghdr& header, Each each) {
  Body body{};
  const auto* bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(&header));
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof body)) return body;
  std::memcpy(&body, bytes + NLMSG_LENGTH(0), sizeof body);
  const std::size_t start = NLMSG_SPACE(sizeof body);
  if (header.nlmsg_len > start) for_attributes(bytes + start, header.nlmsg_len - start, each);
  return body;
}

}  // namespace jaild::host
