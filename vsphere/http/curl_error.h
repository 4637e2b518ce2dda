// What curl's result codes mean to the one who asked.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "vsphere/error.h"

namespace vtpmfs::vsphere::http {

/// The errno and words for a transfer that ended with `code` (not CURLE_OK). `detail` is curl's own
/// text of it (CURLOPT_ERRORBUFFER), which holds names and addresses, never headers or bodies.
Error error_of(CURLcode code, std::string_view server, std::string_view detail);

/// True where a connection broke before the answer was whole, so that another try may go well.
bool is_lost_connection(CURLcode code);

}  // namespace vtpmfs::vsphere::http
