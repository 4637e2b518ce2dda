// A bulk answer about 1,000 VMs, as the simulator writes it: from text to objects.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/simulator/world/world.h"
#include "tests/unit/simulator/raw_client.h"

namespace vtpmfs::simulator {
namespace {

constexpr int kVms = 1000;

[[noreturn]] void give_up(const std::string& words) {
  std::fprintf(stderr, "%s\n", words.c_str());
  std::exit(1);
}

std::string ask(RawClient& client, const std::string& body) {
  RawClient::Answer answer = client.post_body(body);
  if (answer.status != 200) give_up("the simulator refuses: " + answer.body);
  return std::move(answer.body);
}

/// The text between two tags, the first time.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const size_t start = text.find(from);
  if (start == std::string::npos) give_up("no " + from + " in " + text.substr(0, 500));
  return text.substr(start + from.size(), text.find(to, start) - start - from.size());
}

std::string bulk_answer() {
  Simulator simulator;
  FleetOptions options;
  options.vms = kVms;
  options.specials = false;
  build_world(simulator, options);
  simulator.start();
  RawClient client(simulator);
  client.timeout_ms = 600'000;
  if (auto login = client.login(); !login) give_up(login.error().words);
  const std::string view = between(
      ask(client,
          "<CreateContainerView xmlns=\"urn:vim25\"><_this type=\"ViewManager\">ViewManager</_this>"
          "<container type=\"Folder\">group-d1</container><type>VirtualMachine</type>"
          "<recursive>true</recursive></CreateContainerView>"),
      "type=\"ContainerView\">", "<");
  std::string paths;
  for (const char* path : {"name", "config.changeVersion", "config.keyId", "config.firmware",
                           "config.files", "config.bootOptions", "config.flags", "config.hardware",
                           "config.extraConfig", "runtime.powerState", "layoutEx"}) {
    paths += std::string("<pathSet>") + path + "</pathSet>";
  }
  return ask(client,
             "<RetrievePropertiesEx xmlns=\"urn:vim25\">"
             "<_this type=\"PropertyCollector\">propertyCollector</_this><specSet>"
             "<propSet><type>VirtualMachine</type>" +
                 paths + "</propSet><objectSet><obj type=\"ContainerView\">" + view +
                 "</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\">"
                 "<type>ContainerView</type><path>view</path></selectSet></objectSet></specSet>"
                 "<options><maxObjects>" +
                 std::to_string(kVms) + "</maxObjects></options></RetrievePropertiesEx>");
}

void parse_bulk_answer(benchmark::State& state) {
  static const std::string text = bulk_answer();
  for (auto _ : state) {
    const auto message = vsphere::read_message<_vim25__RetrievePropertiesExResponse>(text);
    if (!message) give_up(message.error().words);
    benchmark::DoNotOptimize(*message);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
  state.counters["VMs"] = kVms;
}
BENCHMARK(parse_bulk_answer)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vtpmfs::simulator
