// The files of a VM: sizes, times, opening, reading.
#include <fcntl.h>

#include "fs/tree/vm_file.h"
#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

class VmFileTest : public TreeTest {
 protected:
  NodePtr file(FileRole role) {
    return walk({"DC0", "vm", "web", std::string(cache::file_name(role))});
  }
  static Result<std::string> read(const OpenFilePtr& file, uint64_t offset, size_t size,
                                  const Caller& caller = {}) {
    const auto bytes = answer_of<Bytes>(
        [&](Answer<Bytes> answer) { file->read(offset, size, caller, std::move(answer)); });
    if (!bytes) return fail(bytes.error());
    return std::string(bytes->view());
  }
};

TEST_F(VmFileTest, SizesAndTimesAreThoseOfTheListing) {
  const auto attributes = file(FileRole::nvram)->attributes().value();
  EXPECT_EQ(attributes.type, NodeType::file);
  EXPECT_EQ(attributes.size, 1000U);
  EXPECT_EQ(attributes.permissions, 0600U);
  EXPECT_EQ(attributes.links, 1U);
  EXPECT_EQ(attributes.mtime, at_second(1'700'000'000));
  EXPECT_EQ(attributes.ctime, attributes.mtime);
  EXPECT_EQ(attributes.attribute_timeout, std::chrono::hours(1));
}

TEST_F(VmFileTest, ProvisionalSizesAreNotKept) {
  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    vm.listing.incomplete = Error{Errno{EACCES}, "no privilege to read nvram"};
  });
  for (const FileRole role : {FileRole::key_id, FileRole::encryption_bundle, FileRole::vtpm,
                              FileRole::nvram, FileRole::sha256sums}) {
    EXPECT_EQ(file(role)->attributes()->attribute_timeout, std::chrono::milliseconds(0));
  }
  for (const FileRole role : {FileRole::firmware, FileRole::config}) {
    EXPECT_EQ(file(role)->attributes()->attribute_timeout, std::chrono::hours(1));
  }
  EXPECT_FALSE(open_directory(walk({"DC0", "vm", "web"})).value()->cacheable());
}

TEST_F(VmFileTest, ReadsPiecesOfTheContent) {
  const auto opened = look_and_open(file(FileRole::firmware), O_RDONLY).value();
  EXPECT_EQ(read(opened, 0, 4096).value(), "firmware of vm-2");
  EXPECT_EQ(read(opened, 0, 8).value(), "firmware");
  EXPECT_EQ(read(opened, 12, 100).value(), "vm-2");
  EXPECT_EQ(read(opened, 16, 100).value(), "");
  EXPECT_EQ(read(opened, UINT64_MAX, 100).value(), "");
}

TEST_F(VmFileTest, BytesOutliveFileAndSet) {
  auto opened = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  Bytes kept;
  opened->read(990, 100, {}, [&](Result<Bytes> bytes) { kept = bytes.value(); });
  opened.reset();
  sets_.remove(kWeb);
  EXPECT_EQ(kept.view(), std::string(10, 'n'));
}

TEST_F(VmFileTest, AttributesOutliveTheVmWhileTheFileIsOpen) {
  const NodePtr nvram = file(FileRole::nvram);
  auto first = look_and_open(nvram, O_RDONLY).value();
  auto second = open(nvram, O_RDONLY).value();
  sets_.remove(kWeb);
  tree_.told().forget(nvram->inode());  // as the feed's news have it
  first.reset();
  const auto attributes = nvram->attributes();
  ASSERT_TRUE(attributes);
  EXPECT_EQ(attributes->size, 1000U);
  EXPECT_EQ(attributes->attribute_timeout, std::chrono::milliseconds(0));
  second.reset();
  EXPECT_EQ(nvram->attributes().error().code, Errno{ENOENT});
}

TEST_F(VmFileTest, WhatIsOpenMayBeClosedAfterTheTreeHasGone) {
  auto tree = std::make_unique<InventoryTree>(inventory_, sets_, settings());
  OpenFilePtr opened;
  {
    const auto nvram = std::make_shared<VmFile>(*tree, kWeb, FileRole::nvram);
    opened = look_and_open(nvram, O_RDONLY).value();
  }
  EXPECT_EQ(sets_.pins, 1);
  tree.reset();
  opened.reset();
  EXPECT_EQ(sets_.pins, 0);
}

TEST_F(VmFileTest, OpeningPinsUntilTheLastUse) {
  auto first = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  auto second = look_and_open(file(FileRole::key_id), O_RDONLY).value();
  EXPECT_EQ(sets_.pins, 2);
  first.reset();
  second.reset();
  EXPECT_EQ(sets_.pins, 0);
}

TEST_F(VmFileTest, OpensOnlyWhatTheKernelKnowsTheSizeOf) {
  const NodePtr config = file(FileRole::config);
  // Nobody was told anything yet.
  EXPECT_EQ(open(config, O_RDONLY).error().code, Errno{ESTALE});
  ASSERT_TRUE(config->attributes());
  EXPECT_TRUE(open(config, O_RDONLY));
  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    vm.contents[FileRole::config] += " and more";
    for (SetFile& file : vm.listing.files) {
      if (file.role == FileRole::config) file.size = vm.contents[FileRole::config].size();
    }
  });
  EXPECT_EQ(open(config, O_RDONLY).error().code, Errno{ESTALE});
  EXPECT_EQ(sets_.pins, 0);
  // The other files are as they were.
  EXPECT_TRUE(look_and_open(file(FileRole::firmware), O_RDONLY));
  EXPECT_EQ(config->attributes()->size, 28U);
  EXPECT_EQ(read(open(config, O_RDONLY).value(), 0, 100).value(), "config.json of vm-2 and more");
  // ... and so it is where only the time is another.
  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    for (SetFile& file : vm.listing.files) file.time = at_second(1'800'000'000);
  });
  EXPECT_EQ(open(config, O_RDONLY).error().code, Errno{ESTALE});
}

TEST_F(VmFileTest, BytesAreNotReadUnderASizeThatIsNotTheirs) {
  const auto opened = look_and_open(file(FileRole::config), O_RDONLY).value();
  EXPECT_TRUE(read(opened, 0, 100));
  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    for (SetFile& file : vm.listing.files) {
      if (file.role == FileRole::config) --file.size;
    }
  });
  EXPECT_EQ(read(opened, 0, 100).error().code, Errno{EIO});
  // A VM that has gone shows no other size.
  const auto firmware = look_and_open(file(FileRole::firmware), O_RDONLY).value();
  sets_.remove(kWeb);
  EXPECT_FALSE(file(FileRole::firmware));
}

TEST_F(VmFileTest, ErrorsComeAtOpenOrAtTheFirstRead) {
  sets_.change(kWeb, [](FakeSets::Vm& vm) { vm.open_error = Error{Errno{ENODATA}, "no bundle"}; });
  const auto refused = look_and_open(file(FileRole::encryption_bundle), O_RDONLY);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errno{ENODATA});
  EXPECT_EQ(refused.error().words, "no bundle");

  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    vm.open_error.reset();
    vm.read_error = Error{Errno{ETIMEDOUT}, "the host does not answer"};
  });
  const auto opened = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  EXPECT_EQ(read(opened, 0, 10).error().code, Errno{ETIMEDOUT});
}

TEST_F(VmFileTest, ErrorsThatToolsTakeForNoneAreEio) {
  const auto opened = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  for (const int code : {ENOENT, EPROTO, ECANCELED, EOPNOTSUPP, EINVAL, EIO}) {
    sets_.change(kWeb, [code](FakeSets::Vm& vm) {
      vm.open_error = vm.read_error = Error{Errno{code}, "the server's words"};
    });
    const auto refused = open(file(FileRole::nvram), O_RDONLY);
    EXPECT_EQ(refused.error().code, Errno{EIO}) << code;
    EXPECT_EQ(refused.error().words, "the server's words");
    EXPECT_EQ(read(opened, 0, 10).error().code, Errno{EIO}) << code;
  }
  // A VM that has gone has.
  const NodePtr gone = file(FileRole::nvram);
  sets_.remove(kWeb);
  EXPECT_EQ(open(gone, O_RDONLY).error().code, Errno{ENOENT});
}

TEST_F(VmFileTest, TheCallersPatienceAndInterruptGoAlong) {
  const auto opened = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  const Caller caller;
  EXPECT_TRUE(read(opened, 0, 10, caller));
  EXPECT_EQ(sets_.last_call.timeout, std::chrono::seconds(7));
  EXPECT_FALSE(sets_.last_call.cancel.cancelled());
  caller.interrupted.cancel();
  EXPECT_TRUE(sets_.last_call.cancel.cancelled());
}

TEST_F(VmFileTest, PagesAreKeptWhereTheContentIsTheSame) {
  sets_.unchanged = FileRole::nvram;
  EXPECT_TRUE(look_and_open(file(FileRole::nvram), O_RDONLY).value()->keep_cache());
  EXPECT_FALSE(look_and_open(file(FileRole::key_id), O_RDONLY).value()->keep_cache());
  EXPECT_TRUE(look_and_open(file(FileRole::key_id), O_RDONLY).value()->no_flush());
  EXPECT_FALSE(look_and_open(file(FileRole::key_id), O_RDONLY).value()->direct_io());
}

TEST_F(VmFileTest, OpeningForWritingIsErofs) {
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND}) {
    EXPECT_EQ(look_and_open(file(FileRole::nvram), flags).error().code, Errno{EROFS});
  }
  EXPECT_EQ(sets_.pins, 0);
  const auto opened = look_and_open(file(FileRole::nvram), O_RDONLY).value();
  EXPECT_EQ(answer_of<size_t>(
                [&](Answer<size_t> answer) { opened->write(0, "x", {}, std::move(answer)); })
                .error()
                .code,
            Errno{EROFS});
}

TEST_F(VmFileTest, AFileThatTheSetLostIsEnoent) {
  const NodePtr nvram = file(FileRole::nvram);
  sets_.change(kWeb,
               [](FakeSets::Vm& vm) { vm.listing.files.erase(vm.listing.files.begin() + 4); });
  EXPECT_EQ(nvram->attributes().error().code, Errno{ENOENT});
  EXPECT_EQ(file(FileRole::nvram), nullptr);
}

}  // namespace
}  // namespace vtpmfs::fs::testing
