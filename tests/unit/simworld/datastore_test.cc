// FileManager, the datastore browser, lookup, and /folder.
#include <algorithm>

#include "tests/patience.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

using DatastoreTest = MachineTest;

constexpr const char* nested = "Europe/Zürich & Umland/DC2";

TEST_F(DatastoreTest, FolderServesTheBytesThatTheMachineHas) {
  const auto known = vm("win00001");
  const auto got = client.send("GET", url_of("win00001/win00001.nvram"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body.size(), 270840U);
  EXPECT_EQ(hex(sha256(got.body)), known.at("nvram_sha256"));
  EXPECT_EQ(got.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(got.header("Content-Length"), "270840");
  const auto head = client.send("HEAD", url_of("win00001/win00001.nvram"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "270840");
  set("head-length", "absent");
  EXPECT_EQ(client.send("HEAD", url_of("win00001/win00001.nvram")).header("Content-Length"), "");
}

TEST_F(DatastoreTest, FolderWantsASessionAndPrivileges) {
  const std::string url = url_of("win00001/win00001.nvram");
  simulator.permissions().add_user("reader", "secret");
  {
    const auto lock = simulator.inventory().write();
    ASSERT_TRUE(simulator.permissions().grant("reader", simulator.inventory().root(), "read-only"));
  }
  RawClient other(simulator);
  const auto refused = other.send("GET", url);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("WWW-Authenticate"), "Basic realm=\"VMware HTTP server\"");
  ASSERT_TRUE(other.login("reader", "secret"));
  EXPECT_EQ(other.send("GET", url).status, 403);
  {
    const auto lock = simulator.inventory().write();
    ASSERT_TRUE(simulator.permissions().grant("reader", simulator.inventory().root(), "backup"));
  }
  EXPECT_EQ(other.send("GET", url).status, 200);
  simulator.sessions().expire();
  EXPECT_EQ(other.send("GET", url).status, 401);
}

TEST_F(DatastoreTest, DatacentersInFoldersNeedTheirPath) {
  EXPECT_EQ(client.send("GET", url_of("win00002/win00002.nvram", "DC2")).status, 404);
  EXPECT_EQ(client.send("GET", url_of("win00002/win00002.nvram", nested)).status, 200);
  EXPECT_EQ(client.send("GET", url_of("win00002/win00002.nvram", std::string("/") + nested)).status,
            200);
  EXPECT_EQ(client.send("GET", url_of("win00001/none.nvram")).status, 404);
  EXPECT_EQ(client.send("GET", url_of("win00001/win00001.nvram", "DC1", "none")).status, 404);
  const auto upwards = client.send(
      "GET", "/folder/win00001/..%2Fwin00001/win00001.nvram?dcPath=DC1&dsName=datastore1");
  EXPECT_EQ(upwards.status, 404);
}

TEST_F(DatastoreTest, AwkwardNamesCanBeFetched) {
  for (const char* name : {"a%2fb", "100%25", "trailing blank ", "ünï-日本語-ё",
                           "amp&plus+hash#eq=", "[ds] x", ".."}) {
    const auto known = vm(name);
    const auto got = client.send("GET", url_of(known.at("nvram")));
    EXPECT_EQ(got.status, 200) << name;
    EXPECT_EQ(hex(sha256(got.body)), known.at("nvram_sha256")) << name;
  }
}

TEST_F(DatastoreTest, PutWritesMakesParentsAndSaysSo) {
  const std::string url = url_of("new/dir/file.nvram");
  EXPECT_EQ(client.send("PUT", url, "one").status, 201);
  EXPECT_EQ(client.send("PUT", url, "three").status, 200);
  EXPECT_EQ(client.send("GET", url).body, "three");
  EXPECT_EQ(client.send("PUT", url_of("new/dir"), "x").status, 405);
  EXPECT_EQ(client.send("PUT", url_of("new/x.nvram", "DC1", "vsanDatastore"), "x").status, 500);
  EXPECT_EQ(client.send("PUT", url_of("x.nvram", "DC1", "dead"), "x").status, 503);
  EXPECT_EQ(client.send("PUT", url_of("a/x.nvram", "DC1", "full"), std::string(200000, 'x')).status,
            500);
  set("put", "always-200");
  EXPECT_EQ(client.send("PUT", url_of("new/other.nvram"), "x").status, 200);
  set("put", "always-201");
  EXPECT_EQ(client.send("PUT", url, "x").status, 201);
  set("put", "fail-500");
  EXPECT_EQ(client.send("PUT", url, "never").status, 500);
  EXPECT_EQ(client.send("GET", url).body, "x");
}

/// Gives what there is, then goes away in the middle.
std::size_t give_and_abort(char* into, std::size_t size, std::size_t count, void* left) {
  auto* bytes = static_cast<std::size_t*>(left);
  if (*bytes == 0) return CURL_READFUNC_ABORT;
  const std::size_t given = std::min(*bytes, size * count);
  std::fill(into, into + given, 'p');
  *bytes -= given;
  return given;
}

TEST_F(DatastoreTest, APutBrokenOffLeavesTheShortFile) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  std::size_t left = 50000;
  const std::string url = simulator.url() + url_of("win00001/win00001.nvram");
  std::string authority = simulator.tls().authority_pem();
  curl_blob trusted{authority.data(), authority.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &trusted);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  const std::string session = "vmware_soap_session=\"" + cookie() + "\"";
  curl_easy_setopt(curl.get(), CURLOPT_COOKIE, session.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_INFILESIZE_LARGE, curl_off_t{270840});
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, &give_and_abort);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &left);
  EXPECT_EQ(curl_easy_perform(curl.get()), CURLE_ABORTED_BY_CALLBACK);
  std::int64_t size = 270840;
  const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(20));
  while (size == 270840 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    size = verb("stat-file", {{"datastore", "datastore1"}, {"path", "win00001/win00001.nvram"}})
               .at("size");
  }
  EXPECT_EQ(size, 50000);
}

TEST_F(DatastoreTest, ARunningMachineLocksItsNvram) {
  const std::string url = url_of("win00001/win00001.nvram");
  EXPECT_EQ(power_on(vm_ref("win00001")).state, "success");
  EXPECT_EQ(client.send("PUT", url, "x").status, 500);
  EXPECT_EQ(client.send("GET", url).status, 200);
  EXPECT_EQ(power_off(vm_ref("win00001")).state, "success");
  EXPECT_EQ(client.send("PUT", url, "x").status, 200);
}

TEST_F(DatastoreTest, LayoutExIsStaleUntilRefreshed) {
  const Ref ref = vm_ref("win00001");
  const auto size = [&]() -> std::int64_t {
    const auto read_layout = read(ref, "layoutEx");
    const auto* layout =
        vsphere::value_as<vim25__VirtualMachineFileLayoutEx>(value_in(read_layout));
    for (const auto& file : layout->file) {
      if (file.type == "nvram") {
        EXPECT_EQ(file.name, "[datastore1] win00001/win00001.nvram");
        return file.size;
      }
    }
    return -1;
  };
  EXPECT_EQ(size(), 270840);
  client.send("PUT", url_of("win00001/win00001.nvram"), "short");
  EXPECT_EQ(size(), 270840);
  _vim25__RefreshStorageInfo request;
  request._USCOREthis = wire(ref);
  EXPECT_TRUE(client.call<_vim25__RefreshStorageInfoResponse>(request));
  EXPECT_EQ(size(), 5);
}

class BrowserTest : public MachineTest {
 protected:
  Ref browser() {
    const auto properties = read(at("DC1/datastore/datastore1"), "browser");
    return ref_of(*vsphere::value_as<vim25__ManagedObjectReference>(value_in(properties)));
  }
  Ref search(const std::string& path, vim25__HostDatastoreBrowserSearchSpec spec) {
    _vim25__SearchDatastore_USCORETask request;
    request._USCOREthis = wire(browser());
    request.datastorePath = path;
    request.searchSpec = std::move(spec);
    const auto response = client.call<_vim25__SearchDatastore_USCORETaskResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    return response ? ref_of(*(*response)->returnval) : Ref{};
  }
};

TEST_F(BrowserTest, FindsNvramWithItsSizeAndTime) {
  vsphere::Arena arena;
  vim25__HostDatastoreBrowserSearchSpec spec;
  spec.query.push_back(arena.make<vim25__VmNvramFileQuery>());
  spec.details.emplace();
  spec.details->fileType = true;
  spec.details->fileSize = true;
  spec.details->modification = true;
  spec.matchPattern.push_back("*");
  const Ref task = search("[datastore1] win00001", spec);
  ASSERT_EQ(wait(task).state, "success");
  const auto properties = read(task, "info.result");
  const auto* found =
      vsphere::value_as<vim25__HostDatastoreBrowserSearchResults>(value_in(properties));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->folderPath, "[datastore1] win00001/");
  ASSERT_EQ(found->file.size(), 1U);
  const auto* file = dynamic_cast<const vim25__VmNvramFileInfo*>(found->file.front());
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->path, "win00001.nvram");
  EXPECT_EQ(file->fileSize, 270840);
  EXPECT_EQ(file->modification, vm("win00001").at("nvram_time").get<std::string>());
}

TEST_F(BrowserTest, TellsOnlyWhatIsAskedFor) {
  const Ref task = search("[datastore1] win00001", {});
  ASSERT_EQ(wait(task).state, "success");
  const auto properties = read(task, "info.result");
  const auto* found =
      vsphere::value_as<vim25__HostDatastoreBrowserSearchResults>(value_in(properties));
  ASSERT_NE(found, nullptr);
  EXPECT_GE(found->file.size(), 4U);
  for (const auto* file : found->file) EXPECT_FALSE(file->fileSize) << file->path;
  EXPECT_EQ(wait(search("[datastore1] no such", {})).fault, "FileNotFound");
}

TEST_F(BrowserTest, OnlyStarAndQuestionMarkAreSpecial) {
  const auto found = [&](const std::string& pattern) {
    vim25__HostDatastoreBrowserSearchSpec spec;
    spec.matchPattern.push_back(pattern);
    const Ref task = search("[datastore1] [ds] x", spec);
    EXPECT_EQ(wait(task).state, "success");
    const auto properties = read(task, "info.result");
    const auto* results =
        vsphere::value_as<vim25__HostDatastoreBrowserSearchResults>(value_in(properties));
    return results == nullptr ? 0 : results->file.size();
  };
  EXPECT_EQ(found("[ds] x.nvram"), 1U);
  EXPECT_EQ(found("[ds] ?.nv*m"), 1U);
  EXPECT_EQ(found("*.nvram"), 1U);
  EXPECT_EQ(found("[ds] x.nvra"), 0U);
  EXPECT_EQ(found("*x.nvram?"), 0U);
}

TEST_F(BrowserTest, SearchesSubfolders) {
  _vim25__SearchDatastoreSubFolders_USCORETask request;
  request._USCOREthis = wire(browser());
  request.datastorePath = "[datastore1]";
  vsphere::Arena arena;
  request.searchSpec.emplace();
  request.searchSpec->query.push_back(arena.make<vim25__VmNvramFileQuery>());
  const auto response = client.call<_vim25__SearchDatastoreSubFolders_USCORETaskResponse>(request);
  ASSERT_TRUE(response);
  const Ref task = ref_of(*(*response)->returnval);
  ASSERT_EQ(wait(task).state, "success");
  const auto properties = read(task, "info.result");
  const auto* array =
      vsphere::value_as<vim25__ArrayOfHostDatastoreBrowserSearchResults>(value_in(properties));
  ASSERT_NE(array, nullptr);
  EXPECT_GT(array->HostDatastoreBrowserSearchResults.size(), 20U);
}

TEST_F(DatastoreTest, FileManagerMakesAndDeletes) {
  _vim25__MakeDirectory make;
  make._USCOREthis = vsphere::reference("FileManager", "FileManager");
  make.name = "[datastore1] scratch/inner";
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "InvalidArgument");
  make.datacenter = wire(at("DC1"));
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "FileNotFound");
  make.createParentDirectories = true;
  EXPECT_TRUE(client.call<_vim25__MakeDirectoryResponse>(make));
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "FileAlreadyExists");
  make.name = "[vsanDatastore] scratch";
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "CannotCreateFile");
  make.name = "[none] scratch";
  EXPECT_EQ(fault_type(client.call<_vim25__MakeDirectoryResponse>(make)), "InvalidDatastore");
  _vim25__DeleteDatastoreFile_USCORETask remove;
  remove._USCOREthis = vsphere::reference("FileManager", "FileManager");
  remove.datacenter = wire(at("DC1"));
  remove.name = "[datastore1] scratch";
  EXPECT_EQ(run<_vim25__DeleteDatastoreFile_USCORETaskResponse>(remove).state, "success");
  EXPECT_EQ(run<_vim25__DeleteDatastoreFile_USCORETaskResponse>(remove).fault, "FileNotFound");
}

TEST_F(DatastoreTest, ThingsAreFoundByPathUuidFileAndName) {
  const auto known = vm("win00001");
  const Ref ref = vm_ref("win00001");
  EXPECT_EQ(at("/DC1/vm/win00001"), ref);
  EXPECT_EQ(at(std::string(nested) + "/vm/win00002"), vm_ref("win00002"));
  EXPECT_TRUE(at("DC2/vm/win00002").empty());
  _vim25__FindByUuid by_uuid;
  by_uuid._USCOREthis = vsphere::reference("SearchIndex", "SearchIndex");
  by_uuid.uuid = known.at("instance_uuid");
  by_uuid.vmSearch = true;
  by_uuid.instanceUuid = true;
  auto found = client.call<_vim25__FindByUuidResponse>(by_uuid);
  ASSERT_TRUE(found && (*found)->returnval);
  EXPECT_EQ(ref_of(*(*found)->returnval), ref);
  by_uuid.datacenter = wire(at(nested));
  EXPECT_FALSE((*client.call<_vim25__FindByUuidResponse>(by_uuid))->returnval);
  _vim25__FindByDatastorePath by_path;
  by_path._USCOREthis = vsphere::reference("SearchIndex", "SearchIndex");
  by_path.datacenter = wire(at("DC1"));
  by_path.path = "[datastore1] win00001/win00001.vmx";
  const auto at_path = client.call<_vim25__FindByDatastorePathResponse>(by_path);
  ASSERT_TRUE(at_path && (*at_path)->returnval);
  EXPECT_EQ(ref_of(*(*at_path)->returnval), ref);
  _vim25__FindChild child;
  child._USCOREthis = vsphere::reference("SearchIndex", "SearchIndex");
  child.entity = wire(at("DC1/vm"));
  child.name = "win00001";
  EXPECT_TRUE((*client.call<_vim25__FindChildResponse>(child))->returnval);
  child.name = "WIN00001";
  EXPECT_FALSE((*client.call<_vim25__FindChildResponse>(child))->returnval);
}

TEST_F(DatastoreTest, AllMachinesOfAUuidAreFoundAlsoLockedOnes) {
  const std::string shared = "564d0000-1111-2222-3333-444455556666";
  _vim25__FindAllByUuid all;
  all._USCOREthis = vsphere::reference("SearchIndex", "SearchIndex");
  all.uuid = shared;
  all.vmSearch = true;
  const auto found = [&] {
    std::vector<Ref> refs;
    const auto response = client.call<_vim25__FindAllByUuidResponse>(all);
    EXPECT_TRUE(response) << response.error().words;
    if (response) {
      for (const auto& each : (*response)->returnval) refs.push_back(ref_of(each));
    }
    return refs;
  };
  EXPECT_TRUE(found().empty());
  std::vector<Ref> expected{vm_ref("win00001"), vm_ref("win00002")};
  for (const Ref& ref : expected) {
    _vim25__ReconfigVM_USCORETask change;
    change._USCOREthis = wire(ref);
    change.spec.uuid = shared;
    ASSERT_EQ(run<_vim25__ReconfigVM_USCORETaskResponse>(change).state, "success");
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found(), expected);
  verb("lock-vm", {{"vm", "win00002"}});
  EXPECT_EQ(found(), expected);
  all.datacenter = wire(at("DC1"));
  EXPECT_EQ(found(), std::vector<Ref>{vm_ref("win00001")});
  all.vmSearch = false;
  EXPECT_TRUE(found().empty());
}

TEST_F(DatastoreTest, FolderWantsPrivilegesOnTheDatacenterToo) {
  const std::string url = url_of("win00001/win00001.nvram");
  simulator.permissions().add_user("granular", "secret");
  const Ref datacenter = at("DC1");
  const Ref datastore = at("DC1/datastore/datastore1");
  const auto grant = [&](const Ref& where, const char* role, bool propagate) {
    const auto lock = simulator.inventory().write();
    ASSERT_TRUE(simulator.permissions().grant("granular", where, role, propagate));
  };
  grant(simulator.inventory().root(), "read-only", true);
  grant(datastore, "backup", true);
  RawClient other(simulator);
  ASSERT_TRUE(other.login("granular", "secret"));
  EXPECT_EQ(other.send("GET", url).status, 403);
  set("folder-no-privilege", "401");
  EXPECT_EQ(other.send("GET", url).status, 401);
  set("folder-no-privilege", "404");
  EXPECT_EQ(other.send("GET", url).status, 404);
  set("folder-privileges", "datastore");
  EXPECT_EQ(other.send("GET", url).status, 200);
  set("folder-privileges", "both");
  grant(datacenter, "backup", false);
  EXPECT_EQ(other.send("GET", url).status, 200);
}

TEST_F(DatastoreTest, FolderTakesNoSloppyAddresses) {
  const std::string query = "?dcPath=DC1&dsName=";
  EXPECT_EQ(client.send("GET", "/folder/win00001%2Fwin00001.nvram" + query + "datastore1").status,
            404);
  EXPECT_EQ(client.send("PUT", "/folder/win00001/x/" + query + "datastore1", "x").status, 405);
  EXPECT_EQ(client.send("GET", "/folder/" + query + "nfs+&+share").status, 404);
  EXPECT_EQ(client.send("GET", "/folder/" + query + "nfs%20%26%20share").status, 200);
  set("folder-head", "405");
  EXPECT_EQ(client.send("HEAD", url_of("win00001/win00001.nvram")).status, 405);
}

TEST_F(DatastoreTest, ReadsOfARunningMachineCanBeTorn) {
  const std::string url = url_of("win00001/win00001.nvram");
  set("torn-reads", "every-second");
  const std::string whole = client.send("GET", url).body;
  EXPECT_EQ(client.send("GET", url).body, whole);  // it is off
  ASSERT_EQ(power_on(vm_ref("win00001")).state, "success");
  const std::string running = client.send("GET", url).body;
  const std::string mixed = client.send("GET", url).body;
  EXPECT_EQ(mixed.size(), running.size());
  EXPECT_EQ(mixed.substr(0, mixed.size() / 2), running.substr(0, running.size() / 2));
  EXPECT_NE(mixed, running);
  EXPECT_EQ(client.send("GET", url).body, running);
  EXPECT_NE(client.send("GET", url).body, running);
}

}  // namespace
}  // namespace vtpmfs::simulator
