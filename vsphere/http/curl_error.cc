#include "vsphere/http/curl_error.h"

#include <cerrno>

namespace vtpmfs::vsphere::http {
namespace {

/// A server that goes away during the handshake is out of reach, not untrusted; curl has one code
/// for both, only its text tells.
bool handshake_was_cut(std::string_view detail) {
  for (const std::string_view sign : {"SSL_ERROR_SYSCALL", "Connection reset", "unexpected eof"}) {
    if (detail.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

int errno_of(CURLcode code, std::string_view detail) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_INTERFACE_FAILED:
      return EHOSTUNREACH;
    case CURLE_OPERATION_TIMEDOUT:
      return ETIMEDOUT;
    case CURLE_SSL_CONNECT_ERROR:
      return handshake_was_cut(detail) ? EHOSTUNREACH : EPROTO;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return EPROTO;
    case CURLE_OUT_OF_MEMORY:
      return ENOMEM;
    default:
      // A body shorter than announced, headers that are none, a broken gzip stream, and the like.
      return EIO;
  }
}

}  // namespace

Error error_of(CURLcode code, std::string_view server, std::string_view detail) {
  std::string words(server);
  words += ": ";
  words += detail.empty() ? std::string_view(curl_easy_strerror(code)) : detail;
  return Error{Errno{errno_of(code, detail)}, std::move(words)};
}

bool is_lost_connection(CURLcode code) {
  return code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
}

}  // namespace vtpmfs::vsphere::http
