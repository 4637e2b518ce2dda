// An incomplete backup is never silent.
#include <gmock/gmock.h>

#include "cache/sets/shortfall.h"
#include "tests/unit/cache/sets_fixture.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::HasSubstr;

const MoRef kVm = vm_ref(1);

struct Case {
  const char* name;
  std::function<void(vsphere::VmDetail&)> spoil;
  int set_error;
  FileRole special = FileRole::nvram;
  int special_error = 0;  ///< 0: as the set's
  int config_error = 0;   ///< 0: config.json stays readable
};

void unread(vsphere::VmDetail& detail, std::string property, int code) {
  detail.unreadable.push_back({std::move(property), Error{Errno{code}, "NoPermission"}});
}

class IncompleteTest : public SetsFixture, public ::testing::WithParamInterface<Case> {};

TEST_P(IncompleteTest, ListsAllFivesAndFailsThemAtOpen) {
  const Case& with = GetParam();
  vsphere::VmDetail detail = tpm_detail(1);
  source.add(detail, "nvram bytes");
  with.spoil(source.vms[kVm]);
  show(source.vms[kVm]);
  const auto listing = sets->listing(kVm);
  ASSERT_TRUE(listing);
  ASSERT_TRUE(listing->incomplete);
  EXPECT_EQ(listing->incomplete->code, Errno{with.set_error}) << listing->incomplete->words;
  EXPECT_EQ(listing->files.size(), kFileRoles.size());
  for (const SetFile& file : listing->files) EXPECT_GE(file.size, 1U) << file_name(file.role);
  for (const FileRole role : kSealing) {
    const auto set = sets->open(kVm, role);
    ASSERT_FALSE(set) << file_name(role);
    const bool special = with.special_error != 0 && role == with.special;
    EXPECT_EQ(set.error().code, Errno{special ? with.special_error : with.set_error})
        << file_name(role) << ": " << set.error().words;
  }
  if (with.config_error == 0) {
    EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("vm-1"));
  } else {
    const auto set = sets->open(kVm, FileRole::config);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Errno{with.config_error}) << set.error().words;
    EXPECT_EQ(listed(kVm, FileRole::config).size, 1U);
  }
  EXPECT_EQ(sets->incomplete().size(), 1U);
  EXPECT_EQ(source.fetches, 0);
  // ... and when it can be had again, all is well.
  source.add(detail, "nvram bytes");
  EXPECT_TRUE(reread(kVm));
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, IncompleteTest,
    ::testing::Values(
        Case{"locked", [](auto& d) { d.crypto_state = "locked"; }, ENOKEY},
        Case{"host_disconnected", [](auto& d) { d.connection_state = "disconnected"; },
             EHOSTUNREACH},
        Case{"inaccessible", [](auto& d) { d.connection_state = "inaccessible"; }, EIO},
        Case{"no_key", [](auto& d) { d.key_id.reset(); }, ENODATA, FileRole::key_id, ENODATA},
        Case{"key_unreadable",
             [](auto& d) {
               d.key_id.reset();
               unread(d, "config.keyId", EACCES);
             },
             EACCES, FileRole::key_id, EACCES, EACCES},
        Case{"hardware_unreadable", [](auto& d) { unread(d, "config.hardware.memoryMB", EACCES); },
             EACCES, FileRole::nvram, 0, EACCES},
        Case{"snapshots_unreadable_and_no_nvram",
             [](auto& d) {
               d.vm_path_name = "[ds1] empty/vm1.vmx";
               unread(d, "rootSnapshot", EACCES);
             },
             ENODATA},
        Case{"no_bundle", [](auto& d) { d.encryption_bundle.reset(); }, ENODATA,
             FileRole::encryption_bundle, ENODATA},
        Case{"extra_config_unreadable",
             [](auto& d) {
               d.encryption_bundle.reset();
               unread(d, "config.extraConfig", EACCES);
             },
             EACCES},
        Case{"bundle_key_unreadable",
             [](auto& d) {
               d.encryption_bundle.reset();
               unread(d, "config.extraConfig[\"encryption.bundle\"]", EACCES);
             },
             EACCES},
        Case{"bundle_of_other_keys",
             [](auto& d) { d.encryption_bundle = tpm_detail(7).encryption_bundle; }, EIO},
        Case{"device_list_unreadable",
             [](auto& d) {
               d.vtpm.reset();
               unread(d, "config.hardware.device", EIO);
             },
             EIO, FileRole::vtpm, EIO, EIO},
        Case{"no_vtpm_though_tpm_present", [](auto& d) { d.vtpm.reset(); }, ENODATA},
        Case{"nvram_name_forbidden", [](auto& d) { d.nvram_extra_config = "../other/other.nvram"; },
             EIO},
        Case{"nvram_not_of_that_name", [](auto& d) { d.nvram_extra_config = "else.nvram"; }, EIO},
        Case{"nvram_not_named_though_there", [](auto& d) { d.nvram_extra_config.reset(); }, EIO},
        Case{"datastore_unknown", [](auto& d) { d.vm_path_name = "[ds9] vm1/vm1.vmx"; }, EIO},
        Case{"ran_and_has_no_nvram",
             [](auto& d) {
               d.vm_path_name = "[ds1] empty/vm1.vmx";
               d.log_with_content = true;
             },
             ENODATA},
        Case{"has_snapshot_and_no_nvram",
             [](auto& d) {
               d.vm_path_name = "[ds1] empty/vm1.vmx";
               d.has_snapshot = true;
             },
             ENODATA},
        Case{"runs_and_has_no_nvram",
             [](auto& d) {
               d.vm_path_name = "[ds1] empty/vm1.vmx";
               d.power = vsphere::PowerState::on;
             },
             ENODATA},
        Case{"layout_unreadable_and_no_nvram",
             [](auto& d) {
               d.vm_path_name = "[ds1] empty/vm1.vmx";
               unread(d, "layoutEx", EACCES);
             },
             ENODATA}),
    [](const auto& of) { return std::string(of.param.name); });

class IncompleteSetsTest : public SetsFixture {};

TEST_F(IncompleteSetsTest, NoConfigurationAtAll) {
  vsphere::VmDetail detail;
  detail.vm = kVm;
  detail.connection_state = "invalid";
  source.vms[kVm] = detail;
  show(detail);
  const auto listing = sets->listing(kVm);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->files.size(), kFileRoles.size());
  EXPECT_EQ(listing->incomplete->code, Errno{EIO});
  EXPECT_EQ(listing->find(FileRole::firmware)->size, 1U);
  EXPECT_EQ(sets->open(kVm, FileRole::firmware).error().code, Errno{ENODATA});
  EXPECT_EQ(sets->open(kVm, FileRole::config).error().code, Errno{ENODATA});
  EXPECT_EQ(listing->find(FileRole::config)->size, 1U);
  EXPECT_EQ(sets->open(kVm, FileRole::key_id).error().code, Errno{ENODATA});
}

TEST_F(IncompleteSetsTest, WhatWasKnownKeepsItsSizesAndTimesAndStaysReadable) {
  add(tpm_detail(1));
  const auto before = sets->listing(kVm);
  vsphere::VmDetail locked;
  locked.vm = kVm;
  locked.crypto_state = "locked";
  locked.connection_state = "invalid";
  source.vms[kVm] = locked;
  clock.advance(std::chrono::hours(1));
  reread(kVm);
  const auto after = sets->listing(kVm);
  ASSERT_TRUE(after->incomplete);
  for (const SetFile& file : before->files) {
    if (file.role == FileRole::sha256sums) continue;
    ASSERT_NE(after->find(file.role), nullptr);
    EXPECT_EQ(after->find(file.role)->size, file.size) << file_name(file.role);
    EXPECT_EQ(after->find(file.role)->time, file.time) << file_name(file.role);
  }
  EXPECT_EQ(text(kVm, FileRole::firmware), "efi\n");
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("key-1"));
}

TEST_F(IncompleteSetsTest, AListingThatFailsIsAReason) {
  source.list_error = Error{Errno{EACCES}, "Datastore.Browse"};
  add(tpm_detail(1));
  EXPECT_EQ(sets->listing(kVm)->incomplete->code, Errno{EACCES});
  EXPECT_EQ(listed(kVm, FileRole::nvram).size, 1U);
  source.list_error.reset();
  reread(kVm);
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
}

TEST_F(IncompleteSetsTest, ABundleIsReadOnceMoreBeforeItIsRefused) {
  vsphere::VmDetail detail = tpm_detail(1);
  source.add(detail, "nvram bytes");
  source.vms[kVm].encryption_bundle = tpm_detail(7).encryption_bundle;
  source.before_details = [&](int call) {
    if (call == 2) source.vms[kVm].encryption_bundle = tpm_detail(1).encryption_bundle;
  };
  show(detail);
  EXPECT_EQ(source.details_calls, 2);
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
}

TEST_F(IncompleteSetsTest, ABundleOfAnUnknownFormIsServedWithAWarning) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.encryption_bundle = "vmware:key/script/(something,else)";
  add(detail);
  EXPECT_FALSE(sets->listing(kVm)->incomplete);
  EXPECT_EQ(text(kVm, FileRole::encryption_bundle), *detail.encryption_bundle);
  EXPECT_EQ(sets->latest(kVm)->warnings.size(), 1U);
}

TEST_F(IncompleteSetsTest, NoNvramIsHowAVmIsThatNeverRan) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.vm_path_name = "[ds1] empty/vm1.vmx";
  source.vms[kVm] = detail;
  source.list_file("empty/vm1.nvram", 0, 0);
  show(detail);
  const auto listing = sets->listing(kVm);
  EXPECT_FALSE(listing->incomplete);
  EXPECT_EQ(listing->find(FileRole::nvram), nullptr);
  EXPECT_THAT(text(kVm, FileRole::config), HasSubstr("oNvram\": true"));
  EXPECT_THAT(text(kVm, FileRole::sha256sums), ::testing::Not(HasSubstr("nvram")));
  EXPECT_EQ(text(kVm, FileRole::sha256sums).size(), listing->find(FileRole::sha256sums)->size);
  EXPECT_EQ(sets->open(kVm, FileRole::nvram).error().code, Errno{ENOENT});
  // It is switched on for the first time.
  source.set_nvram(kVm, "nvram bytes", 50);
  ASSERT_TRUE(sets->listings().poll({{sets->listings().place("ds1", kDatacenter, {}), {}}}, {}));
  std::vector<MoRef> changed;
  EXPECT_THAT(sets->take_listings(changed), ::testing::ElementsAre(kVm));
  pass_pin();
  reread(kVm);
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
}

TEST_F(IncompleteSetsTest, AnNvramOverTheLimitIsNotFetched) {
  sets.reset();
  settings.nvram_max = 1000;
  make_sets();
  add(tpm_detail(1), std::string(1001, 'x'));
  EXPECT_EQ(sets->open(kVm, FileRole::nvram).error().code, Errno{EFBIG});
  EXPECT_EQ(listed(kVm, FileRole::nvram).size, 1001U);
}

TEST_F(IncompleteSetsTest, APlainVmHasNoneOfWhatItDoesNotNeed) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.vtpm.reset();
  detail.tpm_present = false;
  detail.key_id.reset();
  detail.encryption_bundle.reset();
  detail.crypto_state.clear();
  sets.reset();
  settings.filter = VmFilter::all;
  make_sets();
  add(detail);
  const auto listing = sets->listing(kVm);
  EXPECT_FALSE(listing->incomplete);
  EXPECT_EQ(listing->files.size(), 4U);  // firmware, nvram, config.json, SHA256SUMS
  EXPECT_EQ(text(kVm, FileRole::nvram), "nvram bytes");
  EXPECT_EQ(text(kVm, FileRole::sha256sums).size(), listing->find(FileRole::sha256sums)->size);
}

TEST_F(IncompleteSetsTest, MemoryOfAVersionIsSmall) {
  vsphere::VmDetail detail = tpm_detail(1);
  detail.vtpm->certificates = {std::string(1600, 'A'), std::string(900, 'A')};
  detail.vtpm->certificate_signing_requests = {std::string(1400, 'A'), std::string(700, 'A')};
  add(detail);
  const VersionPtr version = sets->latest(kVm);
  size_t bytes = sizeof(SetVersion) + version->listing.files.capacity() * sizeof(SetFile);
  for (const auto& one : version->texts) bytes += one ? one->capacity() + sizeof(*one) : 0;
  EXPECT_LT(bytes, 12U << 10);
}

}  // namespace
}  // namespace vtpmfs::cache::testing
