// Writes HTTP/1.1 responses onto a connection.
#pragma once

#include "tests/simulator/https/http_message.h"
#include "tests/simulator/https/socket.h"

namespace vtpmfs::simulator {

/// Sends `response` as the answer to `request`: gzip where the peer takes it and it pays, a length
/// or chunks. False: the connection has to end now (it failed, or the delivery was to be spoilt).
[[nodiscard]] bool send_response(Socket& socket, const HttpRequest& request,
                                 const HttpResponse& response, bool keep_alive);

}  // namespace vtpmfs::simulator
