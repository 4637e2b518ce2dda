#include "fs/options/govc_environment.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fs/options/server_address.h"
#include "fs/options/values.h"

namespace vtpmfs::fs {
namespace {

std::optional<std::string> non_empty(const Environment& environment, const char* name) {
  auto value = environment(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

/// govc: "if the value is the path of an existing file, the file's content is used".
std::string value_or_file(const std::string& value) {
  struct stat info {};
  if (value.empty() || stat(value.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return value;
  std::ifstream file(value, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  std::string content = text.str();
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  return content;
}

std::vector<std::string> split_paths(const std::string& list) {
  std::vector<std::string> paths;
  std::istringstream stream(list);
  for (std::string path; std::getline(stream, path, ':');)
    if (!path.empty()) paths.push_back(path);
  return paths;
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
  if (const auto user = non_empty(environment, "GOVC_USERNAME"); user && options.user.empty())
    options.user = value_or_file(*user);
  if (const auto url = non_empty(environment, "GOVC_URL")) {
    const auto address = parse_server_address(*url);
    if (!address && options.host.empty()) return fail(EINVAL, "GOVC_URL: " + address.error().words);
    if (address && options.host.empty()) {
      options.host = address->host;
      options.port = address->port;
    }
    if (address && options.user.empty() && options.host == address->host && address->user)
      options.user = *address->user;
  }
  const bool explicit_trust = !options.tls.ca_files.empty() || options.tls.thumbprint;
  if (const auto insecure = non_empty(environment, "GOVC_INSECURE"); insecure && !explicit_trust) {
    const auto truth = parse_truth(*insecure);
    if (!truth) return fail(EINVAL, "GOVC_INSECURE: " + truth.error().words);
    options.tls.insecure = options.tls.insecure || *truth;
  }
  if (options.tls.insecure) return {};
  if (const auto files = non_empty(environment, "GOVC_TLS_CA_CERTS");
      files && options.tls.ca_files.empty())
    options.tls.ca_files = split_paths(*files);
  if (const auto files = non_empty(environment, "GOVC_TLS_KNOWN_HOSTS");
      files && options.tls.known_hosts_files.empty())
    options.tls.known_hosts_files = split_paths(*files);
  return {};
}

std::optional<std::string> govc_password(const Environment& environment) {
  if (const auto password = non_empty(environment, "GOVC_PASSWORD"))
    return value_or_file(*password);
  if (const auto url = non_empty(environment, "GOVC_URL"))
    if (const auto address = parse_server_address(*url)) return address->password;
  return std::nullopt;
}

}  // namespace vtpmfs::fs
