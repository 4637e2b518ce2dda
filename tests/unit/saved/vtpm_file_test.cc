#include "cache/saved/vtpm_file.h"

#include <openssl/err.h>

#include "tests/unit/saved/hostile_inputs.h"
#include "tests/unit/saved/made_certificates.h"

namespace vtpmfs::cache {
namespace {

using vsphere::VirtualTpm;

const std::string kCertificate = base64_encode(made::certificate(1));
const std::string kOther = base64_encode(made::certificate(2));
const std::string kRequest = base64_encode(made::signing_request());

VirtualTpm tpm() {
  VirtualTpm tpm;
  tpm.key = 11000;
  tpm.label = "Virtual TPM";
  tpm.summary = "Trusted Platform Module";
  tpm.controller_key = 100;
  tpm.unit_number = 26;
  tpm.certificate_signing_requests = {kRequest};
  tpm.certificates = {kOther, kCertificate};
  return tpm;
}

/// As PowerCLI writes a byte[].
std::string numbers(const std::string& bytes) {
  std::string text = "[";
  for (const char byte : bytes) {
    text += (text.size() > 1 ? "," : "") + std::to_string(static_cast<uint8_t>(byte));
  }
  return text + "]";
}

TEST(VtpmFile, RendersViJsonInSchemaOrder) {
  EXPECT_EQ(render_vtpm(tpm()), R"({
  "_typeName": "VirtualTPM",
  "key": 11000,
  "deviceInfo": {
    "_typeName": "Description",
    "label": "Virtual TPM",
    "summary": "Trusted Platform Module"
  },
  "controllerKey": 100,
  "unitNumber": 26,
  "endorsementKeyCertificateSigningRequest": [
    ")" + kRequest + R"("
  ],
  "endorsementKeyCertificate": [
    ")" + kOther + R"(",
    ")" + kCertificate + R"("
  ]
}
)");
  EXPECT_EQ(render_vtpm({}), "{\n  \"_typeName\": \"VirtualTPM\",\n  \"key\": 0\n}\n");
}

TEST(VtpmFile, ReadsWhatItRenders) {
  VirtualTpm bare;
  bare.key = -1;
  for (const auto& device : {tpm(), bare}) {
    const auto read = parse_vtpm(render_vtpm(device));
    ASSERT_TRUE(read) << read.error().words;
    EXPECT_EQ(*read, device);
  }
}

TEST(VtpmFile, ReadsTheDialects) {
  const std::string govc = R"({"key":11000,"deviceInfo":{"label":"Virtual TPM",)"
                           R"("summary":"Trusted Platform Module"},"controllerKey":100,)"
                           R"("unitNumber":26,"endorsementKeyCertificateSigningRequest":[")" +
                           base64_encode(kRequest) + R"("],"endorsementKeyCertificate":[")" +
                           base64_encode(kOther) + R"(",")" + base64_encode(kCertificate) +
                           R"("]})";
  const std::string pyvmomi =
      R"({"_vimtype":"vim.vm.device.VirtualTPM","dynamicProperty":[],"dynamicType":null,)"
      R"("backing":null,"connectable":null,"controllerKey":100,"deviceInfo":{"_vimtype":)"
      R"("vim.Description","dynamicProperty":[],"label":"Virtual TPM","summary":)"
      R"("Trusted Platform Module"},"endorsementKeyCertificate":[")" +
      kOther + R"(",")" + kCertificate + R"("],"endorsementKeyCertificateSigningRequest":[")" +
      kRequest + R"("],"key":11000,"numaNode":null,"slotInfo":null,"unitNumber":26})";
  const std::string powercli =
      R"({"EndorsementKeyCertificateSigningRequest":[)" + numbers(made::signing_request()) +
      R"(],"Key":11000,"DeviceInfo":{"Label":"Virtual TPM","Summary":"Trusted Platform Module"},)"
      R"("Backing":null,"ControllerKey":100,"UnitNumber":26,"NumaNode":null})";
  const std::string vi_json = R"({"key":11000,"readOnly":true,"numaNode":-1,"deviceInfo":{"label":)"
                              R"("Virtual TPM","summary":"Trusted Platform Module"},)"
                              R"("controllerKey":100,"unitNumber":26,)"
                              R"("endorsementKeyCertificateSigningRequest":[")" +
                              kRequest + R"("],"endorsementKeyCertificate":[")" + kOther +
                              R"(",")" + kCertificate + R"("],"_typeName":"VirtualTPM"})";
  for (const auto& text : {govc, pyvmomi, vi_json}) {
    const auto read = parse_vtpm(text);
    ASSERT_TRUE(read) << text << read.error().words;
    EXPECT_EQ(*read, tpm()) << text;
  }
  VirtualTpm without_certificates = tpm();
  without_certificates.certificates.clear();
  const auto read = parse_vtpm(powercli);
  ASSERT_TRUE(read) << read.error().words;
  EXPECT_EQ(*read, without_certificates);
}

TEST(VtpmFile, TheDeviceKeyIsFree) {
  for (const char* key : {"0", "-1", "202", "2147483647", "-2147483648"}) {
    const auto read = parse_vtpm(std::string(R"({"key":)") + key + "}");
    ASSERT_TRUE(read) << key;
    EXPECT_EQ(std::to_string(read->key), key);
  }
  EXPECT_TRUE(parse_vtpm("{}"));
  EXPECT_TRUE(parse_vtpm(R"({"key":null,"controllerKey":null})"));
}

TEST(VtpmFile, TakesBase64WithLineBreaks) {
  std::string broken = kCertificate;
  broken.insert(64, "\\r\\n ");
  const auto read = parse_vtpm(R"({"endorsementKeyCertificate":[")" + broken + "\"]}");
  ASSERT_TRUE(read) << read.error().words;
  EXPECT_EQ(read->certificates, std::vector<std::string>{kCertificate});
}

TEST(VtpmFile, NamesTheEntryThatIsNoDer) {
  const std::string der = made::certificate(1);
  const std::string bad_entries[] = {
      "\"\"",
      "\"!\"",
      "\"AAAA\"",
      "\"" + base64_encode(der.substr(0, der.size() - 1)) + "\"",
      "\"" + base64_encode(der + "x") + "\"",
      "\"" + kRequest + "\"",
      "\"" + base64_encode("MIIB no base64") + "\"",
      "\"" + base64_encode(base64_encode(kCertificate)) + "\"",  // three times
      numbers(der.substr(0, 50)),
      "[48,256]",
      "[48,-1]",
      "[48,1.5]",
      "[[48]]",
      "[]",
      "null",
      "{}",
      "17",
  };
  for (const auto& entry : bad_entries) {
    std::string text = R"({"endorsementKeyCertificate":[")";
    text.append(kCertificate).append("\",").append(entry).append("]}");
    const auto read = parse_vtpm(text);
    ASSERT_FALSE(read) << entry;
    EXPECT_EQ(read.error().code.value(), EINVAL);
    EXPECT_EQ(read.error().words,
              "vtpm.json: endorsementKeyCertificate[1]: expected the DER of a certificate");
  }
  const auto read =
      parse_vtpm(R"({"endorsementKeyCertificateSigningRequest":[")" + kCertificate + "\"]}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().words,
            "vtpm.json: endorsementKeyCertificateSigningRequest[0]: expected the DER of a "
            "certificate signing request");
}

TEST(VtpmFile, BadDerLeavesNothingInOpenSslsErrorQueue) {
  ERR_clear_error();
  EXPECT_FALSE(parse_vtpm(R"({"endorsementKeyCertificate":["AAAA"]})"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(VtpmFile, RefusesWrongTypes) {
  for (const char* text :
       {R"({"_typeName":"VirtualDisk"})", R"({"_vimtype":"vim.vm.device.VirtualDisk"})",
        R"({"key":"11000"})", R"({"key":1.5})", R"({"key":4294967296})",
        R"({"key":18446744073709551615})", R"({"deviceInfo":"x"})", R"({"deviceInfo":{"label":1}})",
        R"({"endorsementKeyCertificate":"MIIB"})", R"({"endorsementKeyCertificate":{}})",
        R"({"deviceInfo":{"label":"a\u0000"}})", R"({"unitNumber":true})"}) {
    expect_refused(parse_vtpm(text), "vtpm.json", text);
  }
  std::string many = R"({"endorsementKeyCertificate":[)";
  for (int i = 0; i < 65; ++i) many.append(i == 0 ? "\"" : ",\"").append(kCertificate).append("\"");
  expect_refused(parse_vtpm(many + "]}"), "vtpm.json", "65 certificates");
}

TEST(VtpmFile, RefusesHostileInput) {
  // What is JSON without a known member would be a bare device: refused by its size or depth only.
  for (const auto& input : hostile_inputs()) {
    if (input.rfind("{\"keyId\":", 0) == 0) continue;
    expect_refused(parse_vtpm(input), "vtpm.json", input);
  }
  const std::string whole = render_vtpm(tpm());
  for (size_t size = 0; size + 2 < whole.size(); size += 7) {
    expect_refused(parse_vtpm(whole.substr(0, size)), "vtpm.json", "cut off");
  }
}

}  // namespace
}  // namespace vtpmfs::cache
