// One restore against a vCenter in memory: what it makes, and what it refuses before making it.
#include <set>

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using vsphere::MoRef;
using vsphere::TpmInSpec;

class RestoreJobTest : public RestoreFixture {};

TEST_F(RestoreJobTest, MakesTheVmChecksItAndTakesTheMarkAway) {
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  ASSERT_EQ(target_.machines.size(), 1U);
  const vsphere::VmDetail& detail = machine().found.detail;
  EXPECT_EQ(detail.key_id, kKey);
  EXPECT_EQ(detail.encryption_bundle, kBundle);
  EXPECT_EQ(detail.firmware, "efi");
  EXPECT_EQ(detail.vtpm->certificates, tpm_.certificates);
  EXPECT_EQ(target_.files.at("[ds1] " + detail.vm.value + "/pay01.nvram"), kNvram);
  EXPECT_THAT(machine().found.marks, IsEmpty());
  EXPECT_EQ(detail.config.annotation, "pays wages");
  EXPECT_EQ(machine().spec.annotation, kInProgressAnnotation);
  EXPECT_EQ(machine().spec.policy_id, "policy-1");
  EXPECT_EQ(machine().spec.config.uuid, config_.uuid);
  EXPECT_NE(detail.instance_uuid, origin_.instance_uuid);
  EXPECT_EQ(status_.state, RestoreStatus::State::done);
  EXPECT_EQ(status_.percent, 100);
  EXPECT_EQ(status_.vm_moref, detail.vm.value);
  EXPECT_EQ(status_.vm_path, "/DC0/vm/pay01");
  EXPECT_THAT(status_.warnings, IsEmpty());
  EXPECT_TRUE(journal_.records().empty());
}

TEST_F(RestoreJobTest, ItsPercentNeverGoesBack) {
  target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
  target_.refused_forms.emplace(TpmInSpec::bare, tpm_fault());
  ASSERT_TRUE(restore());
  ASSERT_GT(seen_.size(), 5U);
  for (size_t i = 1; i < seen_.size(); ++i) EXPECT_GE(seen_[i].percent, seen_[i - 1].percent);
}

TEST_F(RestoreJobTest, ARecordPrecedesEachStepThatLeavesATrace) {
  target_.policies.clear();
  RestoreRequest asked = request();
  asked.folders = {"Finance"};
  ASSERT_TRUE(restore(asked));
  const auto at = [&](const std::string& line) {
    const auto found = std::find(target_.log.begin(), target_.log.end(), line);
    EXPECT_NE(found, target_.log.end()) << line;
    return found - target_.log.begin();
  };
  EXPECT_LT(at("journal:begun"), at("create_policy"));
  EXPECT_LT(at("create_policy"), at("create_folder"));
  EXPECT_LT(at("journal:creating"), at("create_vm"));
  EXPECT_LT(at("journal:created"), at("upload"));
  EXPECT_LT(at("download"), at("journal:verified"));
  EXPECT_LT(at("journal:verified"), at("finish"));
  EXPECT_LT(at("finish"), at("journal:done"));
}

TEST_F(RestoreJobTest, AStepWhoseRecordCannotBeWrittenIsNotTaken) {
  journal_.broken_at = RestoreRecord::State::creating;
  EXPECT_EQ(refusal(), ENOSPC);
  EXPECT_EQ(target_.count("create_vm"), 0);
  target_.policies.clear();
  journal_.broken_at = RestoreRecord::State::begun;
  EXPECT_EQ(refusal(), ENOSPC);
  EXPECT_EQ(target_.count("create_policy"), 0);
}

TEST_F(RestoreJobTest, AVmWhoseRecordCannotBeWrittenIsTakenAway) {
  for (const auto state : {RestoreRecord::State::created, RestoreRecord::State::verified}) {
    journal_.broken_at = state;
    EXPECT_EQ(refusal(), ENOSPC);
    EXPECT_EQ(target_.count("finish"), 0);
  }
  EXPECT_EQ(target_.count("destroy"), 2);
}

TEST_F(RestoreJobTest, ATakenNameIsRefusedBeforeAnythingIsMade) {
  target_.children[{kVmFolder, "pay01"}] = MoRef{"VirtualMachine", "vm-other"};
  EXPECT_EQ(refusal(), EEXIST);
  EXPECT_EQ(target_.count("create_vm"), 0);
}

TEST_F(RestoreJobTest, ANameTakenMeanwhileIsNoReasonToDestroyTheOther) {
  target_.at_call = [&](int, const std::string& call) {
    if (call == "create_vm")
      target_.children[{kVmFolder, "pay01"}] = MoRef{"VirtualMachine", "vm-other"};
  };
  EXPECT_EQ(refusal(), EEXIST);
  EXPECT_EQ(target_.count("destroy"), 0);
}

TEST_F(RestoreJobTest, AVAppInTheWayIsExplained) {
  target_.children[{kVmFolder, "App"}] = MoRef{"VirtualApp", "resgroup-v9"};
  RestoreRequest asked = request();
  asked.folders = {"App"};
  const Status result = restore(asked);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), EEXIST);
  EXPECT_THAT(status_.reason, HasSubstr("vApp"));
}

TEST_F(RestoreJobTest, MissingFoldersAreMadeOnceAndStay) {
  RestoreRequest asked = request();
  asked.folders = {"Finance", "Wages"};
  target_.lost_with_effect["create_folder"] = 1;
  ASSERT_TRUE(restore(asked));
  const MoRef finance = target_.children.at({kVmFolder, "Finance"});
  EXPECT_EQ(machine().found.parent, target_.children.at({finance, "Wages"}));
  EXPECT_EQ(target_.count("create_folder"), 2);
}

TEST_F(RestoreJobTest, EachFaultOfTheCreationHasItsErrno) {
  const auto fault = [](const std::string& type, const std::string& key = "") {
    vsphere::Fault made;
    made.type = type;
    if (!key.empty()) made.messages = {{key, "text"}};
    return made::fault_error(made);
  };
  const std::vector<std::pair<Error, int>> rows = {
      {fault("NoPermission"), EACCES},
      {fault("DuplicateName"), EEXIST},
      {fault("NoDiskSpace"), ENOSPC},
      {fault("EncryptionKeyRequired"), ENOKEY},
      {fault("GenericVmConfigFault", "msg.vigor.enc.keyNotFound"), ENOKEY},
      {fault("GenericVmConfigFault", "msg.hostd.deviceSpec.enc.badPolicy"), EINVAL},
      {fault("TaskInProgress"), EBUSY},
      {Error{Errno{ETIMEDOUT}, "no answer from the host"}, ETIMEDOUT},
      {Error{Errno{EHOSTUNREACH}, "the host is away"}, EHOSTUNREACH},
      {fault("RuntimeFault"), EIO}};
  long tries = 0;
  for (const auto& [error, code] : rows) {
    target_.refused_forms.clear();
    target_.refused_forms.emplace(TpmInSpec::saved, error);
    EXPECT_EQ(refusal(), code) << error.words;
    // None of them is mended by another form of the device.
    EXPECT_EQ(target_.count("create_vm"), ++tries) << error.words;
  }
}

TEST_F(RestoreJobTest, ARefusedCertificateFallsBackToABareDeviceAndIsPutIn) {
  target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  ASSERT_EQ(target_.sent.size(), 2U);
  EXPECT_EQ(target_.sent[1].tpm, TpmInSpec::bare);
  EXPECT_NE(target_.sent[0].instance_uuid, target_.sent[1].instance_uuid);
  EXPECT_EQ(target_.count("set_certificates"), 1);
  EXPECT_EQ(machine().found.detail.vtpm->certificates, tpm_.certificates);
}

TEST_F(RestoreJobTest, TheLastFormAddsTheDeviceToAnEncryptedVm) {
  target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
  target_.refused_forms.emplace(TpmInSpec::bare, tpm_fault());
  target_.refused_saved_add = tpm_fault();
  target_.keeps_own_certificates = true;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count("add_saved_tpm"), 1);
  EXPECT_EQ(target_.count("add_bare_tpm"), 1);
  EXPECT_EQ(machine().spec.key, kKey);
  EXPECT_EQ(machine().spec.bundle, kBundle);
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("certificates differ")));
}

TEST_F(RestoreJobTest, AVtpmThatWantsTheVmEncryptedFirstIsAddedAfterwards) {
  for (const char* key : {"msg.vigor.enc.required.vtpm", "msg.vtpm.add.notEncrypted"}) {
    vsphere::Fault fault;
    fault.type = "GenericVmConfigFault";
    fault.messages = {{key, "text"}};
    target_.children.clear();
    target_.machines.clear();
    target_.refused_forms.clear();
    target_.refused_forms.emplace(TpmInSpec::saved, made::fault_error(fault));
    target_.refused_forms.emplace(TpmInSpec::bare, made::fault_error(fault));
    const Status result = restore();
    ASSERT_TRUE(result) << result.error().words;
    EXPECT_EQ(machine().spec.tpm, TpmInSpec::none);
    EXPECT_EQ(machine().found.detail.vtpm->certificates, tpm_.certificates);
    // Where that does not do either, it is said why.
    target_.children.clear();
    target_.machines.clear();
    target_.refused_forms.emplace(TpmInSpec::none, made::fault_error(fault));
    EXPECT_EQ(refusal(), EINVAL);
    EXPECT_THAT(status_.reason, HasSubstr("encrypted before it gets a vTPM"));
  }
}

TEST_F(RestoreJobTest, TheNextFormWaitsUntilTheFormerVmIsGone) {
  target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
  target_.keeps_failed_vm = true;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("destroy"), 1);
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(RestoreJobTest, AFormerVmThatSomebodySwitchedOnEndsTheRestore) {
  target_.refused_forms.emplace(TpmInSpec::saved, tpm_fault());
  target_.keeps_failed_vm = true;
  target_.at_creation = [](made::FakeTarget::Machine& machine) {
    machine.found.detail.power = vsphere::PowerState::on;
  };
  EXPECT_FALSE(restore());
  EXPECT_EQ(target_.count("create_vm"), 1);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(status_.state, RestoreStatus::State::left_behind);
  EXPECT_EQ(journal_.records().size(), 1U);
}

TEST_F(RestoreJobTest, AMissingKeyIsSetOnce) {
  target_.leaves_out_key = true;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.count("set_key"), 1);
  EXPECT_EQ(machine().found.detail.key_id, kKey);
}

TEST_F(RestoreJobTest, AnotherKeyIsNeverMended) {
  target_.at_creation = [](made::FakeTarget::Machine& machine) {
    machine.found.detail.key_id = vsphere::CryptoKeyId{"default", "KMS"};
  };
  EXPECT_EQ(refusal(), EIO);
  EXPECT_EQ(target_.count("set_key"), 0);
}

TEST_F(RestoreJobTest, WhatReadsBackOtherwiseIsTakenAway) {
  using Machine = made::FakeTarget::Machine;
  const std::vector<std::function<void(Machine&)>> wrongs = {
      [](Machine& m) { m.found.detail.firmware = "bios"; },
      [](Machine& m) { m.found.detail.vtpm.reset(); },
      [](Machine& m) { m.found.detail.encryption_bundle.reset(); },
      [](Machine& m) { m.found.detail.encryption_bundle = kRewrapped; },
      [](Machine& m) {
        m.found.detail.key_id = vsphere::CryptoKeyId{kKey.key_id, "another provider"};
      }};
  for (const auto& wrong : wrongs) {
    target_.at_creation = wrong;
    EXPECT_EQ(refusal(), EIO);
  }
  EXPECT_EQ(target_.count("journal:verified"), 0);
}

TEST_F(RestoreJobTest, ARewrappedBundleIsKeptOnlyWhenAccepted) {
  target_.bundle_instead = kRewrapped;
  EXPECT_EQ(refusal(), EIO);
  options_.accept_rewrapped = true;
  ASSERT_TRUE(restore());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("unproven")));
}

TEST_F(RestoreJobTest, APairThatIsKeptAmongOthersIsVerified) {
  target_.bundle_instead =
      kBundle.substr(0, kBundle.size() - 1) +
      ",pair/(fqid/<VMWARE-NULL>/KMS/other,HMAC%2dSHA%2d256,AAAD5%2fz%2bAw%3d%3d))";
  ASSERT_TRUE(restore());
  EXPECT_THAT(status_.warnings, IsEmpty());
}

TEST_F(RestoreJobTest, NvramThatReadsBackOtherwiseIsTakenAway) {
  target_.garbles_upload = true;
  EXPECT_EQ(refusal(), EIO);
}

TEST_F(RestoreJobTest, NvramIsNeverSentToAVmThatIsOnOrNotOurs) {
  using Machine = made::FakeTarget::Machine;
  const std::vector<std::function<void(Machine&)>> changes = {
      [](Machine& m) { m.found.detail.power = vsphere::PowerState::on; },
      [](Machine& m) { m.found.marks[kMarkKey] = "of another"; },
      [](Machine& m) { m.found.detail.instance_uuid = "of another"; },
      [](Machine& m) { m.found.detail.vm_path_name = "[ds1] pay01.vmx"; },
      [](Machine& m) { m.found.detail.vm_path_name = "[ds2] pay01/pay01.vmx"; },
      [](Machine& m) { m.found.detail.vm_path_name.reset(); },
      [](Machine& m) { m.found.detail.nvram_extra_config = "../other/other.nvram"; }};
  for (const auto& change : changes) {
    target_.at_creation = change;
    EXPECT_FALSE(restore());
  }
  EXPECT_EQ(target_.count("upload"), 0);
}

TEST_F(RestoreJobTest, AVmThatTheTaskNamesAndThatIsNotOursIsNotTouched) {
  // An existing VM without a key, in whose place a restore would set one.
  made::FakeTarget::Machine other;
  other.found.detail.vm = MoRef{"VirtualMachine", "vm-7"};
  other.found.detail.name = "dc01";
  other.found.detail.power = vsphere::PowerState::off;
  other.found.detail.instance_uuid = "of dc01";
  for (const bool no_nvram : {false, true}) {
    target_.machines = {{"vm-7", other}};
    target_.children.clear();
    target_.named_instead = MoRef{"VirtualMachine", "vm-7"};
    origin_.no_nvram = no_nvram;
    const Status result = restore();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code.value(), EIO);
    EXPECT_EQ(target_.machines.count("vm-7"), 1U);
    EXPECT_FALSE(target_.machines.at("vm-7").found.detail.key_id);
  }
  for (const char* change : {"set_key", "add_saved_tpm", "upload", "set_certificates", "finish"})
    EXPECT_EQ(target_.count(change), 0) << change;
  // Our own, which the server did not name, is found by its instanceUuid and taken away.
  EXPECT_EQ(target_.machines.size(), 1U);
}

TEST_F(RestoreJobTest, NvramIsNeverSentIntoADirectoryThatHoldsAnotherVm) {
  for (const char* file : {"dc01.vmx", "dc01.VMTX"}) {
    target_.foreign_vm_files = {file};
    EXPECT_EQ(refusal(), EIO);
    EXPECT_THAT(status_.reason, HasSubstr(file));
  }
  target_.foreign_vm_files = {"PAY01.vmx"};  // its own, on a datastore that does not heed case
  EXPECT_TRUE(restore());
  EXPECT_EQ(target_.count("upload"), 1);
}

TEST_F(RestoreJobTest, ADirectoryThatCannotBeListedGetsNoNvram) {
  target_.faults["vm_files_in"] = {Error{Errno{EACCES}, "no right to browse"}};
  EXPECT_EQ(refusal(), EACCES);
  EXPECT_EQ(target_.count("upload"), 0);
}

TEST_F(RestoreJobTest, ASetWithoutNvramSendsNone) {
  origin_.no_nvram = true;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_EQ(target_.count("upload"), 0);
}

TEST_F(RestoreJobTest, ALivingOriginalGivesANewIdentityAndAWarning) {
  options_.connect_nics = true;
  for (const std::string& uuid : {*config_.uuid, *origin_.instance_uuid}) {
    target_.living_uuids = {uuid};
    target_.machines.clear();
    target_.children.clear();
    ASSERT_TRUE(restore());
    EXPECT_FALSE(machine().spec.config.uuid);
    EXPECT_FALSE(machine().spec.connect_nics);
    ASSERT_EQ(machine().spec.config.devices.size(), 1U);
    EXPECT_FALSE(machine().spec.config.devices[0].mac_address);
    EXPECT_THAT(status_.warnings, Contains(HasSubstr("the original is alive")));
  }
}

TEST_F(RestoreJobTest, ALivingOriginalIsFoundByItsCertificateAlone) {
  options_.connect_nics = true;
  target_.living_certificates = {{tpm_.certificates.front(), "pay01-old"}, {"other", "x"}};
  ASSERT_TRUE(restore());
  EXPECT_FALSE(machine().spec.config.uuid);
  EXPECT_FALSE(machine().spec.connect_nics);
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("the original is alive")));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("(pay01-old)")));
}

TEST_F(RestoreJobTest, CertificatesThatCannotBeComparedAreSaid) {
  target_.faults["vms_with_certificates"] = {Error{Errno{EACCES}, "no right"}};
  ASSERT_TRUE(restore());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("endorsement key")));
}

TEST_F(RestoreJobTest, APolicyThatAnotherRestoreMadeMeanwhileIsTaken) {
  for (const Error& answer : {Error{Errno{EEXIST}, "taken"}, made::lost_reply()}) {
    target_.policies.clear();
    target_.children.clear();
    target_.machines.clear();
    target_.policy_race = answer;
    ASSERT_TRUE(restore());
    EXPECT_EQ(machine().spec.policy_id, "made-policy");
  }
}

TEST_F(RestoreJobTest, AVmInANewFolderHasItsWholePath) {
  RestoreRequest asked = request();
  asked.folders = {"Finance", "Wages"};
  ASSERT_TRUE(restore(asked));
  EXPECT_EQ(status_.vm_path, "/DC0/vm/Finance/Wages/pay01");
}

TEST_F(RestoreJobTest, DegradedOnlyWhenAskedFor) {
  target_.providers.clear();
  EXPECT_EQ(refusal(), ENOKEY);
  options_.degraded = true;
  const Status result = restore();
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_FALSE(machine().spec.key);
  EXPECT_FALSE(machine().spec.bundle);
  EXPECT_FALSE(machine().spec.saved_tpm);
  EXPECT_EQ(machine().spec.tpm, TpmInSpec::bare);
  EXPECT_EQ(target_.count("upload"), 0);
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("DEGRADED")));
}

TEST_F(RestoreJobTest, ATemplateComesBackAsOneOnlyWhenAskedFor) {
  origin_.is_template = true;
  ASSERT_TRUE(restore());
  EXPECT_TRUE(target_.templates.empty());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("template")));
  target_.children.clear();
  target_.machines.clear();
  options_.templates = true;
  ASSERT_TRUE(restore());
  EXPECT_EQ(target_.templates.size(), 1U);
}

TEST_F(RestoreJobTest, ABadSetIsRefusedBeforeAnythingIsAsked) {
  RestoreRequest asked = request();
  asked.files["keyId"] = "KMS/another";
  const Status result = restore(asked);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), EINVAL);
  EXPECT_TRUE(target_.log.empty());
  EXPECT_THAT(status_.what_to_do, HasSubstr("good backup"));
}

TEST_F(RestoreJobTest, MendedCertificatesDoNotSpoilNvram) {
  target_.certificates_instead = std::vector<std::string>{"b3du"};
  for (const bool spoils : {false, true}) {
    target_.children.clear();
    target_.machines.clear();
    target_.files.clear();
    target_.at_call = [&](int, const std::string& call) {
      if (spoils && call == "set_certificates")
        for (auto& [path, bytes] : target_.files) bytes = "with the certificates in it";
    };
    const long before = target_.count("upload");
    const Status result = restore();
    ASSERT_TRUE(result) << result.error().words;
    EXPECT_EQ(target_.count("upload") - before, spoils ? 2 : 1);
    EXPECT_EQ(target_.files.begin()->second, kNvram);
  }
}

TEST_F(RestoreJobTest, AnNvramOfZerosIsNoNvram) {
  RestoreRequest asked = request();
  asked.manifest_verified = false;
  asked.files["nvram"] = std::string(100, '\0');
  const Status result = restore(asked);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), EINVAL);
  EXPECT_TRUE(target_.log.empty());
}

TEST_F(RestoreJobTest, AnExceptionIsAFailureLikeAnother) {
  target_.at_call = [](int, const std::string& call) {
    if (call == "upload") throw std::bad_alloc();
  };
  EXPECT_EQ(refusal(), EIO);
}

TEST_F(RestoreJobTest, NoErrorTextHoldsASecret) {
  const auto secrets = {std::string("secret nvram"), std::string("KPYD5"), std::string("AAAD5")};
  const std::vector<std::function<void()>> failures = {
      [&] { target_.garbles_upload = true; }, [&] { target_.bundle_instead = kRewrapped; },
      [&] { target_.bundle_instead = "vmware:key/list/(role/a/server)"; }};
  for (const auto& failure : failures) {
    failure();
    const Status result = restore();
    ASSERT_FALSE(result);
    for (const std::string& secret : secrets) {
      EXPECT_THAT(result.error().words, Not(HasSubstr(secret)));
      EXPECT_THAT(status_.reason + status_.what_to_do, Not(HasSubstr(secret)));
    }
  }
}

TEST_F(RestoreJobTest, ExtraConfigOfABackupIsSetOnlyWhereAnOptionNamesIt) {
  config_.extra_config = {{"sched.mem.pin", "TRUE"}, {"debugStub.listen.guest64.remote", "TRUE"}};
  ASSERT_TRUE(restore());
  EXPECT_THAT(machine().spec.config.extra_config, IsEmpty());
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("'debugStub.listen.guest64.remote'")));
  EXPECT_THAT(status_.warnings, Contains(HasSubstr("'sched.mem.pin'")));

  target_.children.clear();
  target_.machines.clear();
  options_.save_extra_config = {"sched.*"};
  ASSERT_TRUE(restore());
  ASSERT_EQ(machine().spec.config.extra_config.size(), 1U);
  EXPECT_EQ(machine().spec.config.extra_config[0].first, "sched.mem.pin");
  EXPECT_THAT(status_.warnings, Not(Contains(HasSubstr("'sched.mem.pin'"))));
}

TEST_F(RestoreJobTest, WhatACraftedBackupAsksForBeyondTheAllowListIsNotMade) {
  RestoreRequest asked = request();
  config_.extra_config = {
      {"guestinfo.script", "evil"}, {"vtpmfs.restore", "stolen"}, {"encryption.bundle", "other"}};
  std::string config = cache::render_config(config_, origin_);
  const size_t brace = config.find('{');
  ASSERT_NE(brace, std::string::npos);
  config.insert(brace + 1, R"("instanceUuid":"evil","locationId":"evil",)");
  asked.files["config.json"] = config;
  const Status result = restore(asked);
  ASSERT_TRUE(result) << result.error().words;
  EXPECT_THAT(machine().spec.config.extra_config, IsEmpty());
  EXPECT_NE(machine().spec.instance_uuid, "evil");
  ASSERT_EQ(machine().spec.marks.size(), 1U);
  EXPECT_NE(machine().spec.marks[0].second, "stolen");
}

}  // namespace
}  // namespace vtpmfs::fs
