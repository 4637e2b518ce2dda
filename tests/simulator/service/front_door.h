// Where every request comes in.
#pragma once

#include <optional>
#include <string>

#include "tests/simulator/https/http_message.h"

namespace vtpmfs::simulator {

class Simulator;

/// Counts a request, spoils it where a test ordered so, and hands it to whom it belongs: the SOAP
/// operations at /sdk and /pbm, the lists of versions, or a route.
/// Threads: any number at once.
class FrontDoor {
 public:
  explicit FrontDoor(Simulator& simulator);

  [[nodiscard]] HttpResponse answer(const HttpRequest& request);

 private:
  /// A request after a first look.
  struct Visit {
    const HttpRequest& http;
    std::string prefix;          ///< of the SOAP endpoint; empty: not SOAP
    std::string operation;       ///< of a SOAP request
    std::string session_cookie;  ///< the SOAP header vcSessionCookie
    std::string kind;            ///< for counting and for injections
  };
  [[nodiscard]] Visit look_at(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse with_trouble(const Visit& visit);
  [[nodiscard]] HttpResponse carry_out(const Visit& visit);
  [[nodiscard]] HttpResponse call(const Visit& visit);
  [[nodiscard]] HttpResponse fetch(const Visit& visit);

  Simulator& simulator_;
};

}  // namespace vtpmfs::simulator
