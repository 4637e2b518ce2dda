// A SoapCaller that answers from the test's own functions, through the real codec.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "vsphere/fault.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {

inline std::string envelope(const std::string& body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
         "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
         "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" +
         body + "</soapenv:Body></soapenv:Envelope>";
}

/// <opResponse xmlns="urn:vim25">content</opResponse>
inline std::string response(const std::string& operation, const std::string& content,
                            const std::string& name_space = "urn:vim25") {
  return envelope("<" + operation + "Response xmlns=\"" + name_space + "\">" + content + "</" +
                  operation + "Response>");
}

inline std::string soap_fault(const std::string& type, const std::string& fields = "") {
  return envelope(
      "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring></faultstring><detail><" +
      type + "Fault xmlns=\"urn:vim25\" xsi:type=\"" + type + "\">" + fields + "</" + type +
      "Fault></detail></soapenv:Fault>");
}

/// A property in an answer: the text of <val ...>...</val>.
inline std::string property(const std::string& name, const std::string& type,
                            const std::string& content) {
  return "<propSet><name>" + name + "</name><val xsi:type=\"" + type + "\">" + content +
         "</val></propSet>";
}

inline std::string missing(const std::string& path, const std::string& fault,
                           const std::string& fields = "") {
  return "<missingSet><path>" + path + "</path><fault><fault xsi:type=\"" + fault + "\">" + fields +
         "</fault><localizedMessage></localizedMessage></fault></missingSet>";
}

inline std::string object(const std::string& type, const std::string& id,
                          const std::string& content) {
  return "<objects><obj type=\"" + type + "\">" + id + "</obj>" + content + "</objects>";
}

inline std::string retrieved(const std::string& objects, const std::string& token = "") {
  const std::string token_element = token.empty() ? "" : "<token>" + token + "</token>";
  return response("RetrievePropertiesEx", "<returnval>" + token_element + objects + "</returnval>");
}

class FakeSoapCaller : public SoapCaller {
 public:
  using Answer = std::function<Result<std::string>(const std::string& request)>;

  FakeSoapCaller() {
    refs_.root_folder = {"Folder", "group-d1"};
    refs_.property_collector = {"PropertyCollector", "propertyCollector"};
    refs_.view_manager = MoRef{"ViewManager", "ViewManager"};
    refs_.search_index = MoRef{"SearchIndex", "SearchIndex"};
    refs_.session_manager = MoRef{"SessionManager", "SessionManager"};
    refs_.authorization_manager = MoRef{"AuthorizationManager", "AuthorizationManager"};
    refs_.crypto_manager = MoRef{"CryptoManagerKmip", "CryptoManager"};
  }

  /// All calls of this operation are answered so.
  void on(const std::string& operation, Answer answer) { answers_[operation] = std::move(answer); }
  /// The next call is answered with the first of these, and so on; the last one stays.
  void on(const std::string& operation, std::vector<std::string> answers) {
    on(operation, [answers = std::move(answers), next = size_t{0}](const std::string&) mutable {
      const std::string& answer = answers[next];
      if (next + 1 < answers.size()) ++next;
      return Result<std::string>(answer);
    });
  }

  [[nodiscard]] const std::vector<std::string>& requests(const std::string& operation) {
    return requests_[operation];
  }
  [[nodiscard]] size_t count(const std::string& operation) { return requests_[operation].size(); }

  void exchange(SoapExchange exchange, const Call& call,
                std::function<void(Status)> done) override {
    done(exchange_and_wait(std::move(exchange), call));
  }

  Status exchange_and_wait(SoapExchange exchange, const Call& call) override {
    last_call = call;
    auto request = exchange.write(MessageHeaders{"test", ""});
    if (!request) return fail(request.error());
    const std::string name = exchange.method.local;
    requests_[name].push_back(*request);
    const auto answer = answers_.find(name);
    if (answer == answers_.end()) {
      return exchange.read(soap_fault(
          "MethodNotFound", "<receiver type=\"X\">x</receiver><method>" + name + "</method>"));
    }
    const auto text = answer->second(*request);
    if (!text) return fail(text.error());
    return exchange.read(*text);
  }

  [[nodiscard]] const ServiceRefs& refs() const override { return refs_; }
  std::string new_operation_id(const Call&) override { return "test"; }
  [[nodiscard]] uint64_t session_generation() const override { return generation; }

  Status renew_session(uint64_t seen, const Call&) override {
    ++renewals;
    if (!renewal_works) return fail(EACCES, "the login was refused");
    if (seen == generation) ++generation;
    return {};
  }
  void renew_session_async(uint64_t seen, const Call& call,
                           std::function<void(Status)> done) override {
    done(renew_session(seen, call));
  }
  void on_new_session(std::function<void(uint64_t)>) override {}

  uint64_t generation = 1;
  int renewals = 0;
  bool renewal_works = true;
  Call last_call;

 private:
  ServiceRefs refs_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, std::vector<std::string>> requests_;
};

}  // namespace vtpmfs::vsphere
