#include "tests/unit/restore_model/contents.h"

#include <algorithm>
#include <map>

#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_model {
namespace {

using Table = std::map<std::string, std::string>;

struct Origins : restore_test::RestoreWorld {
  static std::string config(bool no_nvram) {
    cache::SavedOrigin from = origin("pay01", "Finance");
    from.no_nvram = no_nvram;
    return cache::render_config({}, from);
  }
};

std::string manifest(const Table& table, const std::vector<std::string>& listed) {
  std::string text;
  for (const std::string& content : listed)
    text += cache::hex(cache::sha256(table.at(content))) + "  " +
            content.substr(0, content.rfind('.')) + "\n";
  return text;
}

Table make_table() {
  Table table{{"keyId.good", "KMS/key-1"},
              {"encryption.bundle.good", "vmware:key/list/(...)"},
              {"firmware.good", "efi\n"},
              {"vtpm.json.good", "{\"a\": 1}"},
              {"nvram.good", std::string(300, 'n') + "end"},
              {"nvram.big", std::string(kNvramMax + 1, 'N')},
              {"config.json.good", Origins::config(false)},
              {"config.json.none", Origins::config(true)}};
  for (const std::string& role : roles()) {
    if (role == "SHA256SUMS") continue;
    const std::string good = table.at(role + ".good");
    table[role + ".other"] = good;
    table[role + ".other"].back() ^= 1;
    table[role + ".half"] = good.substr(0, good.size() / 2);
    table[role + ".empty"] = "";
  }
  const std::vector<std::string> lean{"encryption.bundle.good", "firmware.good", "keyId.good",
                                      "nvram.good", "vtpm.json.good"};
  const std::vector<std::string> bare{"config.json.none", "encryption.bundle.good", "firmware.good",
                                      "keyId.good", "vtpm.json.good"};
  auto full = lean;
  full.insert(full.begin(), "config.json.good");
  auto poor = bare;
  poor.front() = "config.json.good";
  auto big = lean;
  big[3] = "nvram.big";
  table["SHA256SUMS.full"] = manifest(table, full);
  table["SHA256SUMS.lean"] = manifest(table, lean);
  table["SHA256SUMS.poor"] = manifest(table, poor);
  table["SHA256SUMS.bare"] = manifest(table, bare);
  table["SHA256SUMS.big"] = manifest(table, big);
  table["SHA256SUMS.cut"] = table["SHA256SUMS.full"].substr(0, 200);
  table["SHA256SUMS.garbage"] = "no sums\n";
  table["SHA256SUMS.empty"] = "";
  table["note"] = "by hand";
  return table;
}

}  // namespace

const std::vector<std::string>& roles() {
  static const std::vector<std::string> names{
      "keyId", "encryption.bundle", "firmware", "vtpm.json", "nvram", "config.json", "SHA256SUMS"};
  return names;
}

bool takes_part(const std::string& name) {
  return std::find(roles().begin(), roles().end(), name) != roles().end();
}

std::string content(const std::string& name) {
  static const Table table = make_table();
  return table.at(name);
}

}  // namespace vtpmfs::fs::restore_model
