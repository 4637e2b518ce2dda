// The questions about key and policy, and what their answers lead to.
#include "fs/restore/job/key_and_policy.h"

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using vsphere::KeyCheck;

class KeyTest : public testing::Test {
 protected:
  KeyTest() {
    set_.key = kKey;
    set_.origin = cache::SavedOrigin{};
    target_.providers = {{"KMS", "vCenter", {}, {}, {}}};
  }
  int ask() {
    warnings_.clear();
    const auto answer = check_key(target_, set_, {}, warnings_);
    if (answer)
      needs_ = *answer;
    else
      error_ = answer.error();
    return answer ? 0 : answer.error().code.value();
  }
  made::FakeTarget target_;
  cache::SavedSet set_;
  std::vector<std::string> warnings_;
  HostNeeds needs_;
  Error error_{Errno{0}, ""};
};

TEST_F(KeyTest, ThreeAnswers) {
  EXPECT_EQ(ask(), 0);
  EXPECT_THAT(warnings_, IsEmpty());
  target_.key_answer = {KeyCheck::Answer::unknown, "no privilege"};
  EXPECT_EQ(ask(), 0);
  EXPECT_THAT(warnings_, Contains(HasSubstr("no privilege")));
  target_.key_answer = {KeyCheck::Answer::no, "KeyStateMissingInKMS"};
  EXPECT_EQ(ask(), ENOKEY);
}

TEST_F(KeyTest, AProviderThatIsNotThere) {
  target_.providers = {{"kms", "vCenter", {}, {}, {}}};
  EXPECT_EQ(ask(), ENOKEY) << "names are compared to the letter";
  target_.faults["key_providers"] = {Error{Errno{EACCES}, "no right"}};
  EXPECT_EQ(ask(), 0) << "a list that cannot be read proves nothing";
}

TEST_F(KeyTest, ANativeProviderOfTheSameNameMayBeAnother) {
  set_.origin->provider_own_key_id = "own-1";
  target_.providers = {{"KMS", "nativeProvider", true, true, "own-1"}};
  EXPECT_EQ(ask(), 0);
  EXPECT_TRUE(needs_.cluster);
  EXPECT_TRUE(needs_.tpm);
  target_.providers[0].own_key_id = "own-2";
  EXPECT_EQ(ask(), ENOKEY);
  EXPECT_THAT(error_.words, HasSubstr("another one"));
  EXPECT_THAT(error_.remedy, HasSubstr("import"));
}

TEST_F(KeyTest, ANativeProviderWithoutABackupIsNotUsed) {
  target_.providers = {{"KMS", "nativeProvider", false, false, {}}};
  EXPECT_EQ(ask(), ENOKEY);
  EXPECT_THAT(error_.words, HasSubstr("no backup"));
  EXPECT_THAT(error_.remedy, HasSubstr("back it up"));
  target_.providers[0].has_backup.reset();  // it does not tell
  EXPECT_EQ(ask(), 0);
  EXPECT_FALSE(needs_.tpm);
}

TEST_F(KeyTest, AStandardProviderAsksNothingOfAHost) {
  target_.providers = {{"KMS", "vCenter", false, true, {}}};
  EXPECT_EQ(ask(), 0);
  EXPECT_FALSE(needs_.cluster);
  EXPECT_FALSE(needs_.tpm);
}

TEST_F(KeyTest, AKeyThatIsThereUnderAnotherNameIsNamed) {
  target_.providers = {{"Elsewhere", "vCenter", {}, {}, {}}};
  EXPECT_EQ(ask(), ENOKEY);
  EXPECT_THAT(error_.words, HasSubstr("is not configured here (its name"));
  EXPECT_THAT(error_.remedy, HasSubstr("configure it under that name"));
  target_.key_elsewhere = {"Elsewhere"};
  EXPECT_EQ(ask(), ENOKEY);
  EXPECT_THAT(error_.words, HasSubstr("its key is in 'Elsewhere'"));
  EXPECT_THAT(error_.remedy, HasSubstr("under the name 'KMS' too"));
  // A native provider tells itself by its own key.
  target_.key_elsewhere.clear();
  set_.origin->provider_own_key_id = "own-1";
  target_.providers = {{"Imported", "nativeProvider", true, {}, "own-1"}};
  EXPECT_EQ(ask(), ENOKEY);
  EXPECT_THAT(error_.words, HasSubstr("its key is in 'Imported'"));
}

TEST_F(KeyTest, AnInterruptEndsIt) {
  vsphere::Call call;
  call.cancel.cancel();
  const auto answer = check_key(target_, set_, call, warnings_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code.value(), EINTR);
}

class PolicyTest : public testing::Test {
 protected:
  PolicyTest() {
    set_.origin = cache::SavedOrigin{};
    target_.policies = {{"id-a", "A", false}, {"id-b", "B", false}, {"id-built", "VM Enc", true}};
  }
  Result<PolicyChoice> choose(const std::optional<std::string>& named = std::nullopt,
                              bool never_create = false) {
    warnings_.clear();
    return choose_policy(target_, named, set_, never_create, {}, warnings_);
  }
  made::FakeTarget target_;
  cache::SavedSet set_;
  std::vector<std::string> warnings_;
};

TEST_F(PolicyTest, NamedThenSavedThenBuiltInThenAny) {
  set_.origin->policy_id = "id-b";
  EXPECT_EQ(choose("A")->id, "id-a");
  EXPECT_EQ(choose("id-a")->id, "id-a");
  EXPECT_EQ(choose()->id, "id-b");
  set_.origin->policy_id = "gone";
  set_.origin->policy_name = "A";
  EXPECT_EQ(choose()->id, "id-a");
  set_.origin->policy_name = "gone";
  EXPECT_EQ(choose()->id, "id-built");
  target_.policies.pop_back();
  EXPECT_EQ(choose()->id, "id-a");
}

TEST_F(PolicyTest, ANamedPolicyThatIsNotHereIsNotReplaced) {
  const auto choice = choose("C");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code.value(), ENOENT);
  EXPECT_THAT(choice.error().words, HasSubstr("no storage policy 'C' here"));
  EXPECT_THAT(choice.error().remedy, HasSubstr("that is there"));
}

TEST_F(PolicyTest, ANamedPolicyThatDoesNotEncryptIsSaidSo) {
  target_.plain_policies = {"Thin"};
  const auto choice = choose("Thin");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code.value(), EINVAL);
  EXPECT_THAT(choice.error().words, HasSubstr("'Thin' is not an encryption policy"));
  EXPECT_THAT(choice.error().remedy, HasSubstr("host based rules"));
}

TEST_F(PolicyTest, WhichOfTheTwoItIsNeedNotBeKnown) {
  target_.faults["has_policy"] = {Error{Errno{EIO}, "down"}};
  const auto choice = choose("C");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code.value(), EINVAL);
  EXPECT_THAT(choice.error().words, HasSubstr("or it does not encrypt"));
}

TEST_F(PolicyTest, OneIsMadeOnlyWhereTheListWasReadableAndHasNone) {
  target_.policies.clear();
  EXPECT_TRUE(choose()->make_one);
  EXPECT_FALSE(choose(std::nullopt, true)->make_one);
  EXPECT_THAT(warnings_, Contains(HasSubstr("none may be made")));
  target_.faults["policies"] = {Error{Errno{EACCES}, "no right"}};
  const auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->make_one);
  EXPECT_FALSE(choice->id);
  EXPECT_THAT(warnings_, Contains(HasSubstr("no right")));
}

TEST_F(PolicyTest, ANamedPolicyNeedsAListThatCanBeRead) {
  target_.faults["policies"] = {Error{Errno{EACCES}, "no right"}};
  const auto choice = choose("A");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code.value(), EACCES);
}

TEST_F(PolicyTest, AServiceThatKnowsNoEncryptionIsRefusedAndOneThatDoesNotSayIsNot) {
  target_.knows_encryption = false;
  ASSERT_FALSE(choose());
  EXPECT_EQ(choose().error().code.value(), EINVAL);
  target_.knows_encryption.reset();
  EXPECT_EQ(choose()->id, "id-built");
  target_.faults["knows_vm_encryption"] = {Error{Errno{EACCES}, "no right"}};
  EXPECT_EQ(choose()->id, "id-built");
}

}  // namespace
}  // namespace vtpmfs::fs
