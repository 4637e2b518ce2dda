// Operations::on, for the .cc files that register operations.
#pragma once

#include <string>
#include <utility>

#include "soapStub.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/soap/element_order.h"
#include "tests/simulator/soap/operations.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::simulator {

template <class Request, class Answer, class Handle, class Write>
void Operations::add(OperationTraits traits, Handle handle, Write write) {
  const auto run = [this, traits = std::move(traits), handle = std::move(handle),
                    write = std::move(write)](const SoapRequest& came,
                                              SoapReply& reply) -> Outcome<std::string> {
    const auto request = vsphere::read_message<Request>(came.message);
    if (!request) return refuse(invalid_request(request.error().words));
    const auto canonical = vsphere::write_message({}, **request);
    if (!canonical) return refuse(invalid_request(canonical.error().words));
    if (auto checked = check_elements(came.message, *canonical); !checked) {
      return refuse(std::move(checked.error()));
    }
    vsphere::Arena arena;
    Call call(simulator_, came, reply, arena);
    Answer answer;
    auto done = admit(traits, call, ref_of((*request)->_USCOREthis),
                      [&] { return handle(call, **request, answer); });
    if (!done) return refuse(std::move(done.error()));
    auto message = write(answer);
    if (!message) return refuse(system_error(message.error().words));
    return std::move(*message);
  };
  entries_.insert_or_assign(vsphere::wire_name<Request>().qualified(), run);
}

template <class Request, class Response, class Handler>
void Operations::on(OperationTraits traits, Handler handler) {
  add<Request, Response>(std::move(traits), std::move(handler), [](const Response& response) {
    return vsphere::write_message({}, response);
  });
}

template <class Request, class Response, class Handler>
void Operations::on_written(OperationTraits traits, Handler handler) {
  add<Request, std::string>(std::move(traits), std::move(handler), [](const std::string& content) {
    auto message = vsphere::write_message({}, Response());
    if (message) put_into(*message, vsphere::wire_name<Response>().qualified(), content);
    return message;
  });
}

}  // namespace vtpmfs::simulator
