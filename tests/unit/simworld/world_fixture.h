// A running simulator with a fleet in it, and the requests that the tests have in common.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/patience.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/world.h"
#include "tests/unit/simulator/raw_client.h"

namespace vtpmfs::simulator {

/// How a task ended.
struct TaskEnd {
  std::string state;
  std::string fault;     ///< the type of the fault; empty after success
  std::string key;       ///< its first faultMessage's key
  std::string property;  ///< invalidProperty
  std::string reason;
  Ref result;
};

class WorldTest : public ::testing::Test {
 protected:
  static FleetOptions small() {
    FleetOptions options;
    options.vms = 4;
    return options;
  }
  explicit WorldTest(const FleetOptions& options = small()) : client(simulator) {
    build_world(simulator, options);
    simulator.start();
    log_in();
  }

  void set(const std::string& name, const std::string& value) {
    const auto done = simulator.switches().set(name, value);
    ASSERT_TRUE(done) << done.error();
  }

  /// A control verb that must succeed.
  nlohmann::json verb(const std::string& name, nlohmann::json request = nlohmann::json::object()) {
    request["verb"] = name;
    auto answer = simulator.verbs().run(request);
    EXPECT_TRUE(answer) << name << ": " << answer.error();
    return answer ? *answer : nlohmann::json();
  }
  /// The error of a control verb that must fail.
  std::string failing_verb(const std::string& name, nlohmann::json request) {
    request["verb"] = name;
    const auto answer = simulator.verbs().run(request);
    EXPECT_FALSE(answer) << name;
    return answer ? std::string() : answer.error();
  }
  nlohmann::json vm(const std::string& name) { return verb("vm", {{"vm", name}}); }
  Ref vm_ref(const std::string& name) { return {"VirtualMachine", vm(name).at("id")}; }

  /// What is at an inventory path; empty where nothing is.
  Ref at(const std::string& path) {
    _vim25__FindByInventoryPath request;
    request._USCOREthis = vsphere::reference("SearchIndex", "SearchIndex");
    request.inventoryPath = path;
    const auto response = client.call<_vim25__FindByInventoryPathResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    return response && (*response)->returnval ? ref_of(*(*response)->returnval) : Ref{};
  }

  using Properties = vsphere::Message<_vim25__RetrievePropertiesExResponse>;
  Result<Properties> read(const Ref& object, const std::string& path) {
    _vim25__RetrievePropertiesEx request;
    request._USCOREthis = vsphere::reference("PropertyCollector", "propertyCollector");
    auto& spec = request.specSet.emplace_back();
    spec.propSet.emplace_back().type = object.type;
    spec.propSet.back().pathSet.push_back(path);
    spec.objectSet.emplace_back().obj = wire(object);
    return client.call<_vim25__RetrievePropertiesExResponse>(request);
  }
  /// The value of one property; null where it is unset.
  static const xsd__anyType* value_in(const Result<Properties>& properties) {
    EXPECT_TRUE(properties) << properties.error().words;
    if (!properties || !(*properties)->returnval) return nullptr;
    const auto& set = (*properties)->returnval->objects.front().propSet;
    return set.empty() ? nullptr : set.front().val;
  }
  std::optional<std::string> text(const Ref& object, const std::string& path) {
    return vsphere::text_of(value_in(read(object, path)));
  }
  std::optional<bool> flag(const Ref& object, const std::string& path) {
    return vsphere::boolean_of(value_in(read(object, path)));
  }

  /// Waits for a task's end.
  TaskEnd wait(const Ref& task) {
    const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(30));
    while (std::chrono::steady_clock::now() < deadline) {
      const auto properties = read(task, "info");
      const auto* info = vsphere::value_as<vim25__TaskInfo>(value_in(properties));
      if (info == nullptr) break;
      if (info->state == "success" || info->state == "error") return end_of(*info);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "the task " << task.id << " did not end";
    return {};
  }
  /// Starts an operation that is a task and waits for its end. A fault of the call itself is given
  /// as if the task had ended with it.
  template <class Response, class Request>
  TaskEnd run(const Request& request) {
    const auto response = client.template call<Response>(request);
    if (response) return wait(ref_of(*(*response)->returnval));
    TaskEnd end;
    end.state = "error";
    end.fault = fault_type(response);
    if (response.error().fault) {
      const auto& fault = *response.error().fault;
      if (!fault.messages.empty()) end.key = fault.messages.front().first;
      end.property = fault.invalid_property;
      end.reason = fault.reason.empty() ? fault.privilege_id : fault.reason;
    }
    EXPECT_FALSE(end.fault.empty()) << response.error().words;
    return end;
  }

  TaskEnd destroy(const Ref& object) {
    _vim25__Destroy_USCORETask request;
    request._USCOREthis = wire(object);
    return run<_vim25__Destroy_USCORETaskResponse>(request);
  }
  TaskEnd power_on(const Ref& object) {
    _vim25__PowerOnVM_USCORETask request;
    request._USCOREthis = wire(object);
    return run<_vim25__PowerOnVM_USCORETaskResponse>(request);
  }
  TaskEnd power_off(const Ref& object) {
    _vim25__PowerOffVM_USCORETask request;
    request._USCOREthis = wire(object);
    return run<_vim25__PowerOffVM_USCORETaskResponse>(request);
  }

  /// A PBM call, with the session as PBM wants it.
  template <class Response, class Request>
  Result<vsphere::Message<Response>> policy_call(const Request& request, bool with_cookie = true) {
    vsphere::MessageHeaders headers;
    if (with_cookie) headers.session_cookie = cookie();
    const auto message = vsphere::write_message(headers, request);
    const auto answer = client.post(*message, "/pbm", "urn:pbm/8.0.3.0");
    if (answer.status != 200 && answer.status != 500) {
      return fail(EIO, "HTTP status " + std::to_string(answer.status));
    }
    return vsphere::read_message<Response>(answer.body);
  }

  /// The session's cookie, without quotes.
  [[nodiscard]] const std::string& cookie() const { return cookie_; }

  Simulator simulator;
  RawClient client;

 private:
  void log_in();
  static TaskEnd end_of(const vim25__TaskInfo& info) {
    TaskEnd end;
    end.state = info.state;
    if (const auto* ref = vsphere::value_as<vim25__ManagedObjectReference>(info.result)) {
      end.result = ref_of(*ref);
    }
    if (!info.error || info.error->fault == nullptr) return end;
    const vim25__MethodFault& fault = *info.error->fault;
    end.fault = vsphere::type_name(fault);
    if (!fault.faultMessage.empty()) end.key = fault.faultMessage.front().key;
    end.property = fault.invalidProperty.value_or("");
    end.reason = fault.reason.value_or("");
    return end;
  }

  std::string cookie_;
};

}  // namespace vtpmfs::simulator
