#include "vsphere/file_service.h"

#include <future>

#include "tests/unit/vsphere_http/session_fixture.h"
#include "vsphere/folder_url.h"

namespace vtpmfs::vsphere {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

DatastorePlace place(const std::string& datastore = "ds 1",
                     const std::string& datacenter = "/F0/DC1") {
  DatastorePlace made;
  made.name = datastore;
  made.datacenter_path = datacenter;
  return made;
}

TEST(FolderTarget, EncodesNamesOnceMore) {
  const auto target = folder_target(place("a&b%2fc", "/F%2f0/D C+1"), "d #1/x%25é.nvram");
  ASSERT_TRUE(target);
  EXPECT_EQ(*target,
            "/folder/d%20%231/x%2525%C3%A9.nvram?dcPath=%2FF%252f0%2FD%20C%2B1&dsName=a%26b%252fc");
}

TEST(FolderTarget, AddsTheLeadingSlashOfADatacenter) {
  EXPECT_EQ(*folder_target(place("ds", "DC0"), "a.nvram"),
            "/folder/a.nvram?dcPath=%2FDC0&dsName=ds");
}

TEST(FolderTarget, AHostHasNoDatacenter) {
  EXPECT_EQ(*folder_target(place("ds", ""), "a.nvram"), "/folder/a.nvram?dsName=ds");
}

TEST(FolderTarget, NeverLeavesTheDatastore) {
  for (const auto* path : {"", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/.", ".."}) {
    const auto target = folder_target(place(), path);
    ASSERT_FALSE(target) << path;
    EXPECT_EQ(target.error().code, Errno{EINVAL});
  }
}

class FileServiceTest : public SessionTest {
 protected:
  Result<std::string> fetch(uint64_t max_bytes = 1 << 20, const Call& how = http::patient()) {
    return files_->fetch_and_wait(place(), "vm/vm.nvram", max_bytes, how);
  }
  void script(std::function<void(const http::ServedRequest&, http::Wire&)> answer) {
    service_.before = [answer = std::move(answer)](const http::ServedRequest& request, const auto&,
                                                   http::Wire& wire) {
      if (request.target.rfind("/folder", 0) != 0) return false;
      answer(request, wire);
      return true;
    };
  }
  void answer_status(int status) {
    script([status](const auto&, http::Wire& wire) { wire.answer(status, "<html>"); });
  }

  const std::string target_ = "/folder/vm/vm.nvram?dcPath=%2FF0%2FDC1&dsName=ds%201";
};

TEST_F(FileServiceTest, FetchesAWholeFile) {
  const std::string bytes = std::string("MRVN\0\1\2", 7) + std::string(270000, '\xff');
  service_.files[target_] = bytes;
  ASSERT_TRUE(open());
  const auto fetched = fetch();
  ASSERT_TRUE(fetched) << fetched.error().words;
  EXPECT_EQ(*fetched, bytes);
  const auto request = service_.last("GET " + target_);
  EXPECT_EQ(request.header("cookie"), "vmware_soap_session=\"1\"");
  EXPECT_EQ(request.headers.count("accept-encoding"), 0U);
  EXPECT_EQ(counts_.now().downloads, 1U);
}

TEST_F(FileServiceTest, PutsAWholeFile) {
  ASSERT_TRUE(open());
  const std::string bytes(270840, 'x');
  ASSERT_TRUE(files_->put(place(), "vm/vm.nvram", bytes, http::patient()));
  EXPECT_EQ(service_.files[target_], bytes);
  EXPECT_EQ(service_.last("PUT " + target_).header("content-type"), "application/octet-stream");
  EXPECT_EQ(counts_.now().uploads, 1U);
}

TEST_F(FileServiceTest, ALostSessionIsRenewedOnce) {
  service_.files[target_] = "nvram";
  ASSERT_TRUE(open());
  service_.expire_sessions();
  EXPECT_EQ(fetch().value_or("none"), "nvram");
  service_.expire_sessions();
  EXPECT_TRUE(files_->put(place(), "vm/vm.nvram", "new", http::patient()));
  EXPECT_EQ(service_.count("Login"), 3);
}

TEST_F(FileServiceTest, A401ThatStaysCostsOneLoginAndNotOneForEachFile) {
  service_.forbid_files = true;
  ASSERT_TRUE(open());
  for (int i = 0; i < 5; ++i) {
    const auto fetched = fetch();
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, Errno{EACCES});
  }
  EXPECT_EQ(service_.count("Login"), 2);
  EXPECT_TRUE(http::eventually([&] { return service_.open_sessions() == 1; }));
}

TEST_F(FileServiceTest, StatusesHaveTheirErrno) {
  for (const auto& [status, code] : std::vector<std::pair<int, int>>{
           {403, EACCES}, {404, ENOENT}, {500, EIO}, {302, EIO}, {206, EIO}, {503, EHOSTUNREACH}}) {
    answer_status(status);
    ASSERT_TRUE(open());
    const auto fetched = fetch();
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, Errno{code}) << status;
    EXPECT_THAT(fetched.error().words, HasSubstr("[ds 1] vm/vm.nvram"));
    close();
    server_.reset();
  }
}

TEST_F(FileServiceTest, AFailedPutTellsWhetherTheFileMayBeThere) {
  for (const auto& [status, maybe] :
       std::vector<std::pair<int, bool>>{{403, false}, {404, false}, {500, true}, {503, true}}) {
    answer_status(status);
    ASSERT_TRUE(open());
    const auto put = files_->put(place(), "vm/vm.nvram", "bytes", http::patient());
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().maybe_done, maybe) << status;
    EXPECT_EQ(service_.count("PUT " + target_), 1);
    close();
    server_.reset();
    service_.forget_requests();
  }
}

TEST_F(FileServiceTest, AFileAboveTheLimitIsNotRead) {
  service_.files[target_] = std::string(1001, 'x');
  ASSERT_TRUE(open());
  const auto fetched = fetch(1000);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errno{EFBIG});
  EXPECT_TRUE(fetch(1001));
}

TEST_F(FileServiceTest, AnEmptyFileIsEmpty) {
  service_.files[target_] = "";
  ASSERT_TRUE(open());
  EXPECT_EQ(fetch().value_or("none"), "");
}

TEST_F(FileServiceTest, AShortBodyIsAnError) {
  script([](const auto&, http::Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    wire.close();
  });
  ASSERT_TRUE(open());
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errno{EIO});
}

TEST_F(FileServiceTest, ABodyWithoutALengthIsNotTrusted) {
  script([](const auto&, http::Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall or half?");
    wire.close();
  });
  ASSERT_TRUE(open());
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errno{EIO});
}

TEST_F(FileServiceTest, AChunkedBodyIsWhole) {
  script([](const auto&, http::Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  });
  ASSERT_TRUE(open());
  EXPECT_EQ(fetch().value_or("none"), "hello");
}

TEST_F(FileServiceTest, AStalledFileTimesOutAndCanBeCancelled) {
  script([](const auto&, http::Wire& wire) {
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    wire.stall();
  });
  ASSERT_TRUE(open());
  const auto late = fetch(1000, http::within(100ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errno{ETIMEDOUT});
  const Call impatient = http::patient();
  auto fetching = std::async(std::launch::async, [&] {
    return files_->fetch_and_wait(place("other"), "vm/vm.nvram", 1000, impatient);
  });
  EXPECT_TRUE(http::eventually([&] {
    return service_.count("GET /folder/vm/vm.nvram?dcPath=%2FF0%2FDC1&dsName=other") > 0;
  }));
  impatient.cancel.cancel();
  const auto interrupted = fetching.get();
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().code, Errno{EINTR});
}

TEST_F(FileServiceTest, AReadOnlyConnectionPutsNothing) {
  ASSERT_TRUE(open(true));
  const auto put = files_->put(place(), "vm/vm.nvram", "bytes", http::patient());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Errno{EROFS});
  EXPECT_EQ(service_.count("PUT " + target_), 0);
}

}  // namespace
}  // namespace vtpmfs::vsphere
