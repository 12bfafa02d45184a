#include "client/endpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace jaild::client {

namespace {

// A token is some 50 characters; whatever is longer than this is another kind of file.
constexpr std::size_t token_bytes_max = 4096;

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

// Closes on every path out of read_token().
struct OpenFile {
  int descriptor;
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

Result<std::string> read_token(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not hang before it is refused below.
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status{};
  if (file.descriptor < 0 || ::fstat(file.descriptor, &status) != 0) {
    return Fail(Kind::unauthorized, "JAILD_TOKEN_FILE " + path + ": " + errno_text(errno));
  }
  if (!S_ISREG(status.st_mode)) return Fail(Kind::unauthorized, "JAILD_TOKEN_FILE " + path + ": not a regular file");
  if ((status.st_mode & 077) != 0) {
    return Fail(Kind::forbidden,
                "JAILD_TOKEN_FILE " + path + ": others may read it, so the token is not used; run: chmod 600 " + path);
  }
  std::string token(token_bytes_max + 1, '\0');
  const ssize_t size = ::read(file.descriptor, token.data(), token.size());
  if (size < 0) return Fail(Kind::unauthorized, "JAILD_TOKEN_FILE " + path + ": " + errno_text(errno));
  token.resize(static_cast<std::size_t>(size));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  const bool printable = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (token.empty() || token.size() > token_bytes_max || !printable) {
    return Fail(Kind::unauthorized, "JAILD_TOKEN_FILE " + path + ": holds no token (one line, no blanks)");
  }
  return token;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.compare(0, 4, "127.") == 0;
}

bool valid_port(const std::string& port) {
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  return digits && std::stoi(port) >= 1 && std::stoi(port) <= 65535;
}

// http://HOST[:PORT][/], HOST a name, an IPv4 address or an IPv6 address in brackets.
Result<Endpoint> parse_url(const std::string& url) {
  const auto wrong = [&](const std::string& why) {
    return Fail(Kind::invalid, "not a URL of jaild: " + url + ": " + why + "; it looks like http://127.0.0.1:8080");
  };
  constexpr std::string_view scheme = "http://";
  if (url.compare(0, 8, "https://") == 0) {
    return wrong("TLS is not spoken here, forward a port with ssh -L or a TLS proxy");
  }
  if (url.compare(0, scheme.size(), scheme) != 0) return wrong("it must begin with http://");
  std::string rest = url.substr(scheme.size());
  if (!rest.empty() && rest.back() == '/') rest.pop_back();
  Endpoint endpoint;
  std::string port_part;
  if (!rest.empty() && rest[0] == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string::npos) return wrong("the bracket is not closed");
    endpoint.host = rest.substr(1, close - 1);
    port_part = rest.substr(close + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, colon);
    port_part = rest.substr(colon);
  }
  if (endpoint.host.empty()) return wrong("the host is missing");
  const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '@' && c != '?' && c != '#'; };
  if (!std::all_of(rest.begin(), rest.end(), plain)) return wrong("only a host and a port may follow");
  endpoint.port = port_part.empty() ? "80" : port_part.substr(1);
  if (!port_part.empty() && (port_part[0] != ':' || !valid_port(endpoint.port))) return wrong("the port is wrong");
  return endpoint;
}

Result<Endpoint> tcp_endpoint(const std::string& url, const Environment& environment) {
  Result<Endpoint> endpoint = parse_url(url);
  const std::string token_file = variable(environment, "JAILD_TOKEN_FILE");
  if (!endpoint || token_file.empty()) return endpoint;
  if (!is_loopback(endpoint->host)) {
    return Fail(Kind::forbidden,
                "the token is not sent to " + url +
                    ", where it would leave this machine in the clear; forward a local port with ssh -L");
  }
  Result<std::string> token = read_token(token_file);
  if (!token) return Fail(token.error());
  endpoint->token = *token;
  return endpoint;
}

}  // namespace

std::string Endpoint::text() const {
  return socket.empty() ? "http://" + host_header() : socket;
}

std::string Endpoint::host_header() const {
  if (!socket.empty()) return "localhost";
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::string_view default_socket() {
#ifdef __linux__
  return "/run/jaild/jaild.sock";
#else
  return "/var/run/jaild/jaild.sock";
#endif
}

Result<Endpoint> find_endpoint(const EndpointFlags& flags, const Environment& environment) {
  if (!flags.socket.empty() && !flags.url.empty()) {
    return Fail(Kind::invalid, "--socket and --url exclude each other");
  }
  Endpoint endpoint;
  endpoint.socket = flags.socket;
  if (!endpoint.socket.empty()) return endpoint;
  if (!flags.url.empty()) return tcp_endpoint(flags.url, environment);
  endpoint.socket = variable(environment, "JAILD_SOCKET");
  if (!endpoint.socket.empty()) return endpoint;
  if (const std::string url = variable(environment, "JAILD_URL"); !url.empty()) return tcp_endpoint(url, environment);
  endpoint.socket = default_socket();
  return endpoint;
}

}  // namespace jaild::client
