// What the simulator says is valid by VMware's schema, where that is at hand.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/simulator/control/capture.h"
#include "tests/simulator/control/fault_injector.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

class SchemaTest : public SimulatorFixture {
 protected:
  SchemaTest() {
    char name[] = "/tmp/simulator-schema-XXXXXX";
    directory = mkdtemp(name);
    simulator.capture().set(directory);
    simulator.operations().on<_vim25__Destroy_USCORETask, _vim25__Destroy_USCORETaskResponse>(
        {"ManagedEntity", "VirtualMachine.Inventory.Delete"},
        [](Call& call, const _vim25__Destroy_USCORETask& request,
           _vim25__Destroy_USCORETaskResponse& response) -> Outcome<void> {
          const Ref entity = ref_of(request._USCOREthis);
          response.returnval =
              wire(call.simulator().tasks().start(
                       call, {"Destroy_Task", "ManagedEntity.destroy", entity, "a", false},
                       [](TaskContext&) -> Outcome<TaskResult> {
                         return refuse(fault_of("NoDiskSpace", "full")
                                           .with("file", "[ds] a/a.vmx")
                                           .with("datastore", "ds"));
                       }),
                   call.arena());
          return {};
        });
  }
  ~SchemaTest() override { std::filesystem::remove_all(directory); }

  void talk() {
    client.call<_vim25__RetrieveServiceContentResponse>([] {
      _vim25__RetrieveServiceContent request;
      request._USCOREthis = vsphere::reference("ServiceInstance", "ServiceInstance");
      return request;
    }());
    EXPECT_FALSE(client.login("nobody", "x"));
    ASSERT_TRUE(client.login());
    const Ref a = world.add_machine("a < & \xc3\xa9");
    world.change(a, [](TestMachine& m) { m.extra["k"] = "v"; });
    client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request({"SessionManager", "SessionManager"}, {"currentSession"}));
    client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request({"ServiceInstance", "ServiceInstance"}, {"content", "serverClock"}));
    client.call<_vim25__RetrievePropertiesExResponse>(retrieve_request(
        a, {"name", "parent", "config.extraConfig[\"k\"]", "config.hardware.device[11000]"}));
    client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request(world.folder_ref, {"childEntity"}));
    client.call<_vim25__RetrievePropertiesExResponse>(retrieve_request(a, {"nope"}));
    client.call<_vim25__RetrievePropertiesExResponse>(
        retrieve_request({"VirtualMachine", "vm-none"}, {"name"}));
    ASSERT_TRUE(simulator.switches().set("invalid-property", "missing"));
    client.call<_vim25__RetrievePropertiesExResponse>(retrieve_request(a, {"nope", "name"}));
    client.post_body("<MakeCoffee xmlns=\"urn:vim25\"/>");
    client.post("nothing");
    watch(a);
    run_task(a);
    for (const char* type :
         {"NotAuthenticated", "InvalidArgument", "SystemError", "FileNotFound"}) {
      Injection injection;
      injection.kind = Injection::Kind::fault;
      injection.match = "Logout";
      injection.fault = fault_of(type, "ordered");
      if (injection.fault.type == "SystemError") injection.fault.with("reason", "r");
      if (injection.fault.type == "FileNotFound") injection.fault.with("file", "[ds] f");
      injection.fault.because("msg.key", "text");
      simulator.injector().add(std::move(injection));
      log_out();
    }
    log_out();
  }
  void log_out() {
    _vim25__Logout request;
    request._USCOREthis = vsphere::reference("SessionManager", "SessionManager");
    client.call<_vim25__LogoutResponse>(request);
  }
  void watch(const Ref& machine) {
    vsphere::Arena arena;
    _vim25__CreateFilter create;
    create._USCOREthis = collector();
    create.spec = view_spec(arena, create_view(client, "VirtualMachine"),
                            {"name", "config.changeVersion", "config.annotation"});
    ASSERT_TRUE(client.call<_vim25__CreateFilterResponse>(create));
    _vim25__WaitForUpdatesEx wait;
    wait._USCOREthis = collector();
    wait.options.emplace().maxWaitSeconds = 0;
    const auto first = client.call<_vim25__WaitForUpdatesExResponse>(wait);
    ASSERT_TRUE(first && (*first)->returnval);
    wait.version = (*first)->returnval->version;
    client.call<_vim25__WaitForUpdatesExResponse>(wait);  // nothing happened
    world.change(machine, [](TestMachine& m) { m.annotation = "note"; });
    const Ref gone = world.add_machine("gone");
    client.call<_vim25__WaitForUpdatesExResponse>(wait);
    wait.version = "77";
    client.call<_vim25__WaitForUpdatesExResponse>(wait);
  }
  void run_task(const Ref& machine) {
    _vim25__Destroy_USCORETask destroy;
    destroy._USCOREthis = wire(machine);
    const auto started = client.call<_vim25__Destroy_USCORETaskResponse>(destroy);
    ASSERT_TRUE(started) << started.error().words;
    const Ref task = ref_of(*(*started)->returnval);
    ASSERT_TRUE(eventually([&] {
      const auto state = client.call<_vim25__RetrievePropertiesExResponse>(
          retrieve_request(task, {"info.state", "info.error", "info"}));
      return state &&
             vsphere::text_of((*state)->returnval->objects.at(0).propSet.at(0).val) == "error";
    }));
  }

  std::string directory;
};

TEST_F(SchemaTest, ResponsesValidate) {
  const std::string schema = std::string(VTPMFS_SOURCE_DIR) + "/../shared/wsdl/soap11-envelope.xsd";
  if (!std::filesystem::exists(schema)) GTEST_SKIP() << "VMware's schemas are not at " << schema;
  if (std::system("command -v xmllint >/dev/null") != 0) GTEST_SKIP() << "xmllint is not installed";
  talk();
  int responses = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    responses += file.path().string().find("-resp.xml") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(responses, 25);
  const std::string command = "cd " + directory + " && xmllint --noout --schema '" + schema +
                              "' *-resp.xml 2>errors || { grep -v validates errors; false; }";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace vtpmfs::simulator
