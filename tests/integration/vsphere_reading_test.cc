// Reading a simulated vCenter: the feed, bulk reads, listings and files.
#include <gmock/gmock.h>
#include <openssl/sha.h>

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "tests/integration/captured_messages.h"
#include "tests/integration/vcenter_under_test.h"
#include "tests/patience.h"
#include "vsphere/datastore_path.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

std::string sha256_hex(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string text;
  for (const unsigned char byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// The model that a reader of the feed would build.
class Inventory {
 public:
  explicit Inventory(InventorySource& source) : source_(source) {}

  /// One update; false where the source fails.
  bool next(std::chrono::milliseconds wait = std::chrono::seconds{1}) {
    Call call;
    call.timeout = wait;
    const auto update = source_.next(call);
    if (!update) {
      error = update.error().words;
      return false;
    }
    if (update->restarted) {
      ++restarts;
      names.clear();
    }
    complete = update->complete;
    for (const EntityChange& change : update->changes) {
      if (change.kind == EntityChange::Kind::leave)
        names.erase(change.id);
      else
        names[change.id];
      for (const auto& [property, value] : change.values) {
        if (property == EntityProperty::name && std::holds_alternative<std::string>(value)) {
          names[change.id] = std::get<std::string>(value);
        }
      }
    }
    return true;
  }
  bool read_all() {
    do {
      if (!next()) return false;
    } while (!complete);
    return true;
  }
  [[nodiscard]] std::vector<MoRef> vms() const {
    std::vector<MoRef> found;
    for (const auto& [id, name] : names) {
      if (id.type == "VirtualMachine") found.push_back(id);
    }
    return found;
  }
  [[nodiscard]] bool has(const std::string& name) const {
    for (const auto& [id, known] : names) {
      if (known == name) return true;
    }
    return false;
  }

  std::map<MoRef, std::string> names;
  bool complete = false;
  int restarts = 0;
  std::string error;

 private:
  InventorySource& source_;
};

TEST(Schema, MessagesCanBeHeldAgainstIt) {
  if (!CapturedMessages::can_judge()) {
    GTEST_SKIP() << "messages are not validated: no schema at " << CapturedMessages::schema()
                 << " or no xmllint";
  }
}

TEST(Feed, TheWholeInventoryThenItsChanges) {
  const CapturedMessages captured;
  VCenterUnderTest vcenter;
  vcenter.tell("capture", {{"directory", captured.directory()}});
  const auto connection = vcenter.connect();
  ASSERT_NE(connection, nullptr);
  Inventory inventory(connection->inventory());
  ASSERT_TRUE(inventory.read_all()) << inventory.error;
  EXPECT_EQ(inventory.restarts, 1);
  const auto machines = vcenter.tell("list-vms");
  EXPECT_EQ(inventory.vms().size(), machines.size());
  for (const auto& machine : machines) {
    EXPECT_EQ(inventory.names[(MoRef{"VirtualMachine", machine.at("id")})],
              machine.at("name").get<std::string>());
  }
  EXPECT_EQ(inventory.names.count(connection->inventory().root()), 0U);

  const std::string vm = machines.at(0).at("id");
  vcenter.tell("rename-vm", {{"vm", vm}, {"name", "renamed"}});
  EXPECT_TRUE(eventually([&] { return inventory.next() && inventory.has("renamed"); }));
  vcenter.tell("create-vm", {{"name", "made-later"}});
  EXPECT_TRUE(eventually([&] { return inventory.next() && inventory.has("made-later"); }));
  vcenter.tell("destroy-vm", {{"vm", vm}});
  EXPECT_TRUE(eventually([&] { return inventory.next() && !inventory.has("renamed"); }));
  EXPECT_EQ(inventory.restarts, 1);
  vcenter.tell("capture", {{"directory", ""}});
  captured.validate();
}

TEST(Feed, ComesBackAfterALostSession) {
  VCenterUnderTest vcenter;
  const auto connection = vcenter.connect();
  ASSERT_NE(connection, nullptr);
  Inventory inventory(connection->inventory());
  ASSERT_TRUE(inventory.read_all()) << inventory.error;
  const auto before = inventory.names;
  vcenter.tell("expire-sessions");
  ASSERT_TRUE(eventually([&] { return inventory.next() && inventory.restarts == 2; }))
      << inventory.error;
  ASSERT_TRUE(eventually([&] {
    return inventory.complete || (inventory.next() && inventory.complete);
  })) << inventory.error;

  EXPECT_EQ(inventory.names, before);
}

TEST(Feed, NoticesThatItsSessionEndsWhileItWaits) {
  for (const char* how : {"fault", "missing"}) {
    VCenterUnderTest vcenter;
    vcenter.set("unauthenticated-wait", how);
    const auto connection = vcenter.connect();
    ASSERT_NE(connection, nullptr);
    Inventory inventory(connection->inventory());
    ASSERT_TRUE(inventory.read_all()) << inventory.error;
    const auto before = inventory.names;
    const uint64_t waits = vcenter.count("WaitForUpdatesEx");
    std::thread administrator([&] {
      EXPECT_TRUE(eventually([&] { return vcenter.count("WaitForUpdatesEx") > waits; }));
      vcenter.tell("expire-sessions");
    });
    const bool went_on = inventory.next(std::chrono::seconds{60});
    administrator.join();
    EXPECT_TRUE(went_on) << how << ": " << inventory.error;
    EXPECT_TRUE(eventually([&] {
      return (inventory.restarts == 2 && inventory.complete) || (inventory.next() && false);
    })) << how
        << ": " << inventory.error;
    EXPECT_EQ(inventory.names, before) << how;
  }
}

TEST(Feed, IsInterruptedWhileItWaits) {
  VCenterUnderTest vcenter;
  const auto connection = vcenter.connect();
  ASSERT_NE(connection, nullptr);
  Inventory inventory(connection->inventory());
  ASSERT_TRUE(inventory.read_all()) << inventory.error;
  Call call;
  const uint64_t waits = vcenter.count("WaitForUpdatesEx");
  std::thread canceller([&] {
    EXPECT_TRUE(eventually([&] { return vcenter.count("WaitForUpdatesEx") > waits; }));
    call.cancel.cancel();
  });
  const auto update = connection->inventory().next(call);
  canceller.join();
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code.value(), EINTR);
}

class ReadingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    vcenter.tell("capture", {{"directory", captured.directory()}});
    connection = vcenter.connect();
    ASSERT_NE(connection, nullptr);
    Inventory inventory(connection->inventory());
    ASSERT_TRUE(inventory.read_all()) << inventory.error;
    vms = inventory.vms();
  }

  void TearDown() override {
    connection.reset();
    vcenter.tell("capture", {{"directory", ""}});
    captured.validate();
  }

  std::map<std::string, VmDetail> details() {
    std::map<std::string, VmDetail> found;
    auto read = connection->vms().read_details(vms, {});
    EXPECT_TRUE(read) << (read ? "" : read.error().words);
    if (!read) return found;
    for (VmDetail& detail : *read) found[detail.vm.value] = std::move(detail);
    return found;
  }

  std::map<MoRef, std::string> change_versions() {
    std::mutex mutex;
    std::condition_variable woken;
    std::optional<Result<std::map<MoRef, std::string>>> answer;
    connection->vms().read_change_versions(vms, {}, [&](auto versions) {
      const std::lock_guard lock(mutex);
      answer = std::move(versions);
      woken.notify_all();
    });
    std::unique_lock lock(mutex);
    const bool answered =
        woken.wait_for(lock, std::chrono::seconds{60}, [&] { return answer.has_value(); });
    EXPECT_TRUE(answered);
    if (!answered) std::abort();  // the callback would write to what has gone
    EXPECT_TRUE(*answer) << (*answer ? "" : answer->error().words);
    return *answer ? **answer : std::map<MoRef, std::string>();
  }

  CapturedMessages captured;
  VCenterUnderTest vcenter;
  std::unique_ptr<Connection> connection;
  std::vector<MoRef> vms;
};

TEST_F(ReadingTest, DetailsAreWhatTheMachinesAre) {
  const auto read = details();
  size_t with_tpm = 0;
  for (const auto& machine : vcenter.tell("list-vms")) {
    const auto found = read.find(machine.at("id"));
    ASSERT_NE(found, read.end());
    const VmDetail& detail = found->second;
    EXPECT_EQ(detail.name, machine.at("name").get<std::string>());
    if (machine.at("locked").get<bool>()) {
      EXPECT_NE(detail.why_unreadable(vm_property::kDevices), nullptr);
      EXPECT_NE(detail.why_unreadable(vm_property::kBundle), nullptr);
      continue;
    }
    if (detail.connection_state != "connected") continue;
    EXPECT_TRUE(detail.unreadable.empty())
        << machine.at("name") << " " << detail.unreadable.front().property << ": "
        << detail.unreadable.front().error.words;
    EXPECT_EQ(detail.vtpm.has_value(), machine.at("tpm").get<bool>()) << machine.at("name");
    EXPECT_EQ(detail.key_id.has_value(), machine.contains("key_id"));
    EXPECT_EQ(detail.change_version, machine.at("change_version").get<std::string>());
    EXPECT_EQ(detail.firmware, machine.at("firmware").get<std::string>());
    EXPECT_EQ(detail.has_snapshot, machine.at("snapshots").get<int>() > 0);
    EXPECT_EQ(detail.managed_by.value_or(""),
              machine.at("name") == "app-db" ? "com.example.database" : "");
    EXPECT_EQ(detail.is_template, machine.at("template").get<bool>());
    if (!detail.key_id) continue;
    EXPECT_EQ(detail.key_id->key_id, machine.at("key_id").get<std::string>());
    EXPECT_EQ(detail.key_id->provider_id, machine.at("provider").get<std::string>());
    ASSERT_TRUE(detail.encryption_bundle);
    EXPECT_EQ(sha256_hex(*detail.encryption_bundle), machine.at("bundle_sha256"));
    with_tpm += detail.vtpm.has_value() ? 1 : 0;
  }
  EXPECT_GT(with_tpm, 10U);
}

TEST_F(ReadingTest, OneCallForAPageOfVms) {
  vcenter.reset_counts();
  // Also the first time: this server knows all paths.
  EXPECT_EQ(details().size(), vms.size());
  EXPECT_EQ(vcenter.count("RetrievePropertiesEx") + vcenter.count("ContinueRetrievePropertiesEx"),
            (vms.size() + 249) / 250);
}

TEST_F(ReadingTest, AVmThatHasGoneIsNotInTheAnswer) {
  vcenter.tell("destroy-vm", {{"vm", vms.front().value}});
  const auto read = details();
  EXPECT_EQ(read.size(), vms.size() - 1);
  EXPECT_EQ(read.count(vms.front().value), 0U);
}

TEST_F(ReadingTest, LogsInAgainByItself) {
  const auto versions = change_versions();
  for (const char* how : {"fault", "missing", "empty"}) {
    vcenter.set("unauthenticated-retrieve", how);
    const auto logins = connection->traffic().logins;
    vcenter.tell("expire-sessions");
    EXPECT_EQ(details().size(), vms.size()) << how;
    EXPECT_EQ(connection->traffic().logins, logins + 1) << how;
    vcenter.tell("expire-sessions");
    EXPECT_EQ(change_versions(), versions) << how;
    EXPECT_EQ(connection->traffic().logins, logins + 2) << how;
  }
}

TEST_F(ReadingTest, ChangeVersionsInOneCall) {
  vcenter.reset_counts();
  const auto versions = change_versions();
  for (const auto& machine : vcenter.tell("list-vms")) {
    if (machine.at("locked").get<bool>()) continue;
    const auto version = versions.find(MoRef{"VirtualMachine", machine.at("id")});
    if (version == versions.end()) continue;
    EXPECT_EQ(version->second, machine.at("change_version").get<std::string>());
  }
  EXPECT_GT(versions.size(), 10U);
  EXPECT_EQ(vcenter.count("RetrievePropertiesEx"), 1U);
}

TEST_F(ReadingTest, NvramIsListedAndFetchedByteForByte) {
  const auto places = connection->vms().datastores({});
  ASSERT_TRUE(places) << places.error().words;
  const auto read = details();
  std::map<std::pair<std::string, std::string>, NvramListing> listings;
  for (const DatastorePlace& place : *places) {
    auto listing = connection->vms().list_nvram(place, std::nullopt, {});
    if (listing) listings[{place.datacenter_path, place.name}] = std::move(*listing);
  }
  std::set<std::string> paths;
  size_t fetched = 0;
  for (const auto& machine : vcenter.tell("list-vms", {{"digests", true}})) {
    if (!machine.contains("nvram_sha256")) continue;
    const VmDetail& detail = read.at(machine.at("id"));
    if (!detail.vm_path_name || detail.datastores.empty()) continue;
    const auto path =
        nvram_path(*detail.vm_path_name, detail.nvram_extra_config, detail.nvram_layout);
    if (machine.at("name").get<std::string>().find("..") != std::string::npos) {
      // The rule for nvram names knows no harmless "..".
      ASSERT_FALSE(path) << (*path)->text();
      EXPECT_EQ(path.error().code.value(), EIO);
      continue;
    }
    ASSERT_TRUE(path) << machine.at("name") << ": " << path.error().words;
    ASSERT_TRUE(*path) << machine.at("name");
    for (const DatastorePlace& place : *places) {
      if (place.name != (*path)->datastore || place.datastore != detail.datastores.front()) {
        continue;
      }
      const auto listing = listings.find({place.datacenter_path, place.name});
      if (listing == listings.end()) continue;
      const auto file = listing->second.find((*path)->path);
      ASSERT_NE(file, listing->second.end()) << (*path)->text();
      EXPECT_EQ(file->second.size, machine.at("nvram_size").get<uint64_t>());
      EXPECT_TRUE(file->second.modified);
      const auto bytes = connection->restore_target().download(place, (*path)->path, 1 << 24, {});
      ASSERT_TRUE(bytes) << (*path)->text() << ": " << bytes.error().words;
      EXPECT_EQ(sha256_hex(*bytes), machine.at("nvram_sha256")) << machine.at("name");
      paths.insert(place.datacenter_path);
      ++fetched;
      break;
    }
  }
  EXPECT_GT(fetched, 20U);
  EXPECT_GT(paths.size(), 1U);  // a datacenter in folders was among them
}

TEST_F(ReadingTest, ADirectoryThatIsNotThereIsNoEmptyListing) {
  const auto places = connection->vms().datastores({});
  ASSERT_TRUE(places && !places->empty());
  const auto listing = connection->vms().list_nvram(places->front(), "no such directory", {});
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().code.value(), ENOENT);
}

TEST(Reading, CallsDependOnPages) {
  simulator::FleetOptions fleet;
  fleet.vms = 600;
  fleet.specials = false;
  VCenterUnderTest vcenter(fleet);
  const auto connection = vcenter.connect();
  ASSERT_NE(connection, nullptr);
  Inventory inventory(connection->inventory());
  ASSERT_TRUE(inventory.read_all()) << inventory.error;
  const auto vms = inventory.vms();
  ASSERT_EQ(vms.size(), 600U);
  ASSERT_TRUE(connection->vms().read_details({vms.front()}, {}));
  vcenter.reset_counts();
  const auto read = connection->vms().read_details(vms, {});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 600U);
  EXPECT_EQ(vcenter.count("RetrievePropertiesEx"), 3U);
  EXPECT_EQ(vcenter.count("ContinueRetrievePropertiesEx"), 0U);
}

}  // namespace
}  // namespace vtpmfs::vsphere
