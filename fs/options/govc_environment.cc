#include "fs/options/govc_environment.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>

#include "fs/options/server_address.h"

namespace vtpmfs::fs {
namespace {

std::optional<std::string> non_empty(const Environment& environment, const char* name) {
  auto value = environment(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

constexpr size_t kLongestSecret = 4096;

void trim(std::string& text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  text.erase(text.find_last_not_of(kBlank) + 1);
  text.erase(0, std::min(text.find_first_not_of(kBlank), text.size()));
}

/// govc's session.Secret: where the value is the path of something that can be read, its content
/// without the blanks around it; where reading is forbidden, an error; else the value itself.
Result<std::string> value_or_file(const char* variable, const std::string& value) {
  const std::string name = std::string(variable) + ": ";
  const int file = open(value.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    if (errno != EACCES && errno != EPERM) return value;
    return fail(errno, name + value + ": " + std::generic_category().message(errno));
  }
  std::string content;
  content.reserve(kLongestSecret + 1);  // one buffer: growing would leave copies of a secret behind
  char piece[512];
  int failure = 0;
  while (failure == 0) {
    const ssize_t got = read(file, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure = errno;
    if (got <= 0) break;
    if (content.size() + static_cast<size_t>(got) > kLongestSecret) failure = EFBIG;
    if (failure == 0) content.append(piece, static_cast<size_t>(got));
  }
  OPENSSL_cleanse(piece, sizeof piece);
  close(file);
  if (failure == EFBIG) return fail(EFBIG, name + value + " is larger than 4 KiB");
  if (failure != 0) return value;  // a directory, for one
  trim(content);
  if (content.empty()) return fail(EINVAL, name + value + " is empty");
  return content;
}

bool is_this_server(const ServerAddress& address, const Options& options) {
  return address.port == options.port &&
         strcasecmp(address.host.c_str(), options.host.c_str()) == 0;
}

/// As govc reads it: everything but 1 and true is false.
bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text == "1" || text == "true";
}

std::vector<std::string> split_paths(const std::string& list) {
  std::vector<std::string> paths;
  std::istringstream stream(list);
  for (std::string path; std::getline(stream, path, ':');)
    if (!path.empty()) paths.push_back(path);
  return paths;
}

Result<std::optional<std::string>> govc_username(const Environment& environment) {
  const auto name = non_empty(environment, "GOVC_USERNAME");
  if (!name) return std::nullopt;
  auto value = value_or_file("GOVC_USERNAME", *name);
  if (!value) return fail(std::move(value.error()));
  return std::optional(std::move(*value));
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read before any thread starts
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Status apply_govc_environment(const Environment& environment, Options& options) {
  // GOVC_USERNAME overrides the account of GOVC_URL; the command line comes before both.
  if (options.user.empty()) {
    auto user = govc_username(environment);
    if (!user) return fail(std::move(user.error()));
    options.user = user->value_or("");
  }
  if (const auto url = non_empty(environment, "GOVC_URL")) {
    const auto address = parse_server_address(*url);
    if (!address && options.host.empty()) return fail(EINVAL, "GOVC_URL: " + address.error().words);
    if (address && options.host.empty()) {
      options.host = address->host;
      options.port = address->port;
    }
    if (address && options.user.empty() && is_this_server(*address, options) && address->user)
      options.user = *address->user;
  }
  const bool explicit_trust = !options.tls.ca_files.empty() || options.tls.thumbprint;
  if (const auto insecure = non_empty(environment, "GOVC_INSECURE"); insecure && !explicit_trust)
    options.tls.insecure = options.tls.insecure || is_true(*insecure);
  if (options.tls.insecure) return {};
  if (const auto files = non_empty(environment, "GOVC_TLS_CA_CERTS");
      files && options.tls.ca_files.empty())
    options.tls.ca_files = split_paths(*files);
  if (const auto files = non_empty(environment, "GOVC_TLS_KNOWN_HOSTS");
      files && options.tls.known_hosts_files.empty())
    options.tls.known_hosts_files = split_paths(*files);
  return {};
}

Result<std::optional<std::string>> govc_password(const Environment& environment,
                                                 const Options& options) {
  if (const auto password = non_empty(environment, "GOVC_PASSWORD")) {
    auto secret = value_or_file("GOVC_PASSWORD", *password);
    if (!secret) return fail(std::move(secret.error()));
    return std::optional(std::move(*secret));
  }
  const auto url = non_empty(environment, "GOVC_URL");
  if (!url) return std::nullopt;
  const auto address = parse_server_address(*url);
  if (!address || !is_this_server(*address, options)) return std::nullopt;
  if (address->user && *address->user != options.user) {
    auto user = govc_username(environment);
    if (!user) return fail(std::move(user.error()));
    if (*user != options.user) return std::nullopt;
  }
  return address->password;
}

}  // namespace vtpmfs::fs
