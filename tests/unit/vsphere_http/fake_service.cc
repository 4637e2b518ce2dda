#include "tests/unit/vsphere_http/fake_service.h"

#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

constexpr const char* kContent =
    R"(<RetrieveServiceContentResponse xmlns="urn:vim25"><returnval>
<rootFolder type="Folder">group-d1</rootFolder>
<propertyCollector type="PropertyCollector">propertyCollector</propertyCollector>
<viewManager type="ViewManager">ViewManager</viewManager>
<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server 8.0.3</fullName><vendor>VMware, Inc.</vendor><version>8.0.3</version><build>1</build><osType>linux-x64</osType><productLineId>vpx</productLineId><apiType>VirtualCenter</apiType><apiVersion>7.0.3.2</apiVersion><instanceUuid>dbed6e0c-bd88-4ef6-b594-21283e1c677f</instanceUuid></about>
<sessionManager type="SessionManager">SessionManager</sessionManager>
<cryptoManager type="CryptoManagerKmip">CryptoManager</cryptoManager>
</returnval></RetrieveServiceContentResponse>)";

constexpr const char* kLoggedIn =
    R"(<LoginResponse xmlns="urn:vim25"><returnval><key>52b3</key><userName>u</userName><fullName>u</fullName><loginTime>2024-06-25T12:30:01.123456Z</loginTime><lastActiveTime>2024-06-25T12:30:01Z</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale><extensionSession>false</extensionSession><ipAddress>192.0.2.10</ipAddress><userAgent>x</userAgent><callCount>0</callCount></returnval></LoginResponse>)";

const std::string kXml = "Content-Type: text/xml; charset=utf-8\r\n";

}  // namespace

std::string envelope(const std::string& body) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)" +
         body + "</soapenv:Body></soapenv:Envelope>";
}

std::string fault(const std::string& type, const std::string& text) {
  return envelope("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" + text +
                  "</faultstring><detail><" + type + "Fault xmlns=\"urn:vim25\" xsi:type=\"" +
                  type + "\"></" + type + "Fault></detail></soapenv:Fault>");
}

void FakeService::note(const std::string& method, const http::ServedRequest& request) {
  std::lock_guard lock(mutex_);
  seen_[method].push_back(request);
}

int FakeService::count(const std::string& method) const {
  std::lock_guard lock(mutex_);
  const auto found = seen_.find(method);
  return found == seen_.end() ? 0 : static_cast<int>(found->second.size());
}

http::ServedRequest FakeService::last(const std::string& method) const {
  std::lock_guard lock(mutex_);
  const auto found = seen_.find(method);
  return found == seen_.end() ? http::ServedRequest{} : found->second.back();
}

void FakeService::expire_sessions() {
  std::lock_guard lock(mutex_);
  sessions_.clear();
}

void FakeService::forget_requests() {
  std::lock_guard lock(mutex_);
  seen_.clear();
}

size_t FakeService::open_sessions() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

bool FakeService::knows(const std::string& cookie) const {
  std::lock_guard lock(mutex_);
  return sessions_.count(cookie) != 0;
}

void FakeService::serve(const http::ServedRequest& request, http::Wire& wire) {
  if (request.method == "POST") return serve_soap(request, wire);
  note(request.method + " " + request.target, request);
  if (before && before(request, request.method, wire)) return;
  if (request.target == "/sdk/vimServiceVersions.xml" ||
      request.target == "/pbm/pbmServiceVersions.xml") {
    const std::string name = request.target[1] == 's' ? "urn:vim25" : "urn:pbm";
    const std::string standard =
        "<?xml version=\"1.0\"?><namespaces version=\"1.0\"><namespace><name>" + name +
        "</name><version>" + newest_version +
        "</version><priorVersions><version>8.0.3.0</version><version>8.0.0.0</version>"
        "<version>6.7</version></priorVersions></namespace></namespaces>";
    const std::string text = versions_file.value_or(standard);
    return wire.answer(text.empty() ? 404 : 200, text);
  }
  serve_file(request, wire);
}

void FakeService::serve_file(const http::ServedRequest& request, http::Wire& wire) {
  if (forbid_files || !knows(request.header("cookie"))) return wire.answer(401, "<html>");
  std::unique_lock lock(mutex_);
  if (request.method == "PUT") {
    files[request.target] = request.body;
    lock.unlock();
    return wire.answer(201, "");
  }
  const auto found = files.find(request.target);
  const auto text = found == files.end() ? std::string() : found->second;
  const int status = found == files.end() ? 404 : 200;
  lock.unlock();
  wire.answer(status, text);
}

void FakeService::log_in(const http::ServedRequest& request, http::Wire& wire) {
  auto login = read_message<_vim25__Login>(request.body);
  if (!login || knows(request.header("cookie")) || (*login)->password != password) {
    return wire.answer(500, fault("InvalidLogin", "Cannot complete login."), kXml);
  }
  std::string cookie;
  {
    std::lock_guard lock(mutex_);
    cookie = "vmware_soap_session=\"" + std::to_string(++last_session_) + "\"";
    sessions_.insert(cookie);
  }
  wire.answer(200, envelope(kLoggedIn),
              kXml + "Set-Cookie: " + cookie + "; Path=/; HttpOnly; Secure;\r\n");
}

void FakeService::serve_soap(const http::ServedRequest& request, http::Wire& wire) {
  const auto name = peek_operation(request.body);
  if (!name) return wire.answer(400, "not SOAP");
  const std::string& method = name->name;
  note(method, request);
  if (before && before(request, method, wire)) return;
  if (method == "RetrieveServiceContent") return wire.answer(200, envelope(kContent), kXml);
  if (method == "Login") return log_in(request, wire);
  if (!knows(request.header("cookie"))) {
    return wire.answer(500, fault("NotAuthenticated", "The session is not authenticated."), kXml);
  }
  if (method == "Logout") {
    {
      std::lock_guard lock(mutex_);
      sessions_.erase(request.header("cookie"));
    }
    return wire.answer(200, envelope("<LogoutResponse xmlns=\"urn:vim25\"/>"), kXml);
  }
  if (method == "CurrentTime") {
    return wire.answer(200,
                       envelope("<CurrentTimeResponse xmlns=\"urn:vim25\"><returnval>2024-06-25T12:"
                                "30:01Z</returnval></CurrentTimeResponse>"),
                       kXml);
  }
  if (method == "CreateFolder") {
    return wire.answer(200,
                       envelope("<CreateFolderResponse xmlns=\"urn:vim25\"><returnval "
                                "type=\"Folder\">group-v9</returnval></CreateFolderResponse>"),
                       kXml);
  }
  if (method == "PbmQueryProfile") {
    return wire.answer(200, envelope("<PbmQueryProfileResponse xmlns=\"urn:pbm\"/>"), kXml);
  }
  wire.answer(500, fault("MethodNotFound", "no such method"), kXml);
}

}  // namespace vtpmfs::vsphere
