#include "tests/unit/simworld/world_fixture.h"

#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

std::string percent(const std::string& text, bool keep_slash) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || (keep_slash && c == '/');
    if (plain) {
      escaped += c;
    } else {
      constexpr const char* digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      escaped += '%';
      escaped += digits[byte >> 4];
      escaped += digits[byte & 15];
    }
  }
  return escaped;
}

}  // namespace

void WorldTest::log_in() {
  _vim25__Login request;
  request._USCOREthis = vsphere::reference("SessionManager", "SessionManager");
  request.userName = simulator.options().user;
  request.password = simulator.options().password;
  const auto answer = client.post(*vsphere::write_message({}, request));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string header = answer.header("Set-Cookie");
  const std::size_t start = header.find('"') + 1;
  cookie_ = header.substr(start, header.find('"', start) - start);
}

MachineTest::Saved MachineTest::save(const std::string& name) {
  const auto known = vm(name);
  const Ref ref{"VirtualMachine", known.at("id")};
  Saved saved;
  saved.provider = known.at("provider");
  saved.key = known.at("key_id");
  saved.bundle = text(ref, "config.extraConfig[\"encryption.bundle\"].value").value_or("");
  const auto device = read(ref, "config.hardware.device[11000]");
  if (const auto* tpm = vsphere::value_as<vim25__VirtualTPM>(value_in(device))) {
    saved.certificates = tpm->endorsementKeyCertificate;
  }
  const auto answer = client.send("GET", url_of(known.at("nvram")));
  EXPECT_EQ(answer.status, 200);
  saved.nvram = answer.body;
  return saved;
}

std::string MachineTest::url_of(const std::string& path, const std::string& datacenter,
                                const std::string& datastore) {
  return "/folder/" + percent(path, true) + "?dcPath=" + percent(datacenter, false) +
         "&dsName=" + percent(datastore, false);
}

}  // namespace vtpmfs::simulator
