// vcenter-simulator: the simulated vCenter as a program.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/simulator/https/tls_identity.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/world.h"

namespace {

using vtpmfs::simulator::FleetOptions;
using vtpmfs::simulator::Options;
using vtpmfs::simulator::Simulator;

std::string first_line_of(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  if (!in && line.empty()) throw std::runtime_error("cannot read " + file);
  return line;
}

void write_whole(const std::string& file, const std::string& text) {
  const std::string unfinished = file + ".new";
  {
    std::ofstream out(unfinished);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + unfinished);
  }
  std::filesystem::rename(unfinished, file);  // whoever waits for the file finds it complete
}

/// Blocks the signals that end us, in this thread and those it will start.
sigset_t block_ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  return ending;
}

void say_ready(const Simulator& simulator, const std::string& certificate_directory,
               const std::string& ready_file) {
  std::string authority;
  if (!certificate_directory.empty()) {
    authority = std::filesystem::absolute(certificate_directory + "/ca.pem").string();
    write_whole(authority, simulator.tls().authority_pem());
  }
  const nlohmann::json ready = {{"url", simulator.url()},
                                {"control", simulator.control_url()},
                                {"user", simulator.options().user},
                                {"ca_file", authority},
                                {"thumbprint_sha1", simulator.tls().sha1_thumbprint()},
                                {"thumbprint_sha256", simulator.tls().sha256_thumbprint()}};
  if (!ready_file.empty()) write_whole(ready_file, ready.dump(2) + "\n");
  std::printf("%s\n", ready.dump().c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A simulated VMware vCenter for tests: strict, with VMs, vTPMs and key providers"};
  Options options;
  options.control = true;
  FleetOptions fleet;
  std::string password_file;
  std::string certificate_directory;
  std::string ready_file;
  app.add_option("--port", options.port, "HTTPS port on 127.0.0.1 (0: any)");
  app.add_option("--control-port", options.control_port, "port of POST /control (0: any)");
  app.add_option("--user", options.user, "who may log in")->capture_default_str();
  app.add_option("--password", options.password, "the password")->capture_default_str();
  app.add_option("--password-file", password_file, "its first line is the password");
  app.add_option("--cert", options.certificate_file, "PEM certificate chain to use");
  app.add_option("--key", options.key_file, "PEM key of --cert");
  app.add_option("--cert-dir", certificate_directory, "write the authority as ca.pem here");
  app.add_option("--ready-file", ready_file, "write URL and thumbprint here (JSON) when ready");
  app.add_option("--api-version", options.api_version, "API version to claim")
      ->capture_default_str();
  vtpmfs::simulator::add_options(app, fleet);
  CLI11_PARSE(app, argc, argv);

  const sigset_t ending = block_ending_signals();
  try {
    if (!password_file.empty()) options.password = first_line_of(password_file);
    Simulator simulator(options);
    vtpmfs::simulator::build_world(simulator, fleet);
    simulator.start();
    say_ready(simulator, certificate_directory, ready_file);
    int signal = 0;
    sigwait(&ending, &signal);
    simulator.stop();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vcenter-simulator: %s\n", error.what());
    return 1;
  }
  return 0;
}
