#include "cache/saved/vtpm_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "cache/saved/base64.h"
#include "cache/saved/certificates.h"
#include "cache/saved/file_names.h"
#include "cache/saved/object_reader.h"
#include "cache/saved/vi_json.h"

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;
using vsphere::VirtualTpm;

constexpr std::string_view kRequests = "endorsementKeyCertificateSigningRequest";
constexpr std::string_view kCertificates = "endorsementKeyCertificate";
constexpr size_t kMaxEntries = 64;           // a vCenter keeps two of each
constexpr size_t kMaxDerBytes = 64UL << 10;  // a certificate has 1 to 2 KB

std::string without_white_space(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') result += c;
  }
  return result;
}

/// The bytes of an array of numbers, as PowerCLI writes a byte[].
std::optional<std::string> bytes_of_numbers(const Json& array) {
  if (array.size() > kMaxDerBytes) return std::nullopt;
  std::string bytes;
  for (const Json& number : array) {
    if (!number.is_number_unsigned() || number.get<uint64_t>() > 255) return std::nullopt;
    bytes += static_cast<char>(static_cast<uint8_t>(number.get<uint64_t>()));
  }
  return bytes;
}

/// The DER bytes of one entry in any dialect. govc keeps the base64 text of SOAP as if it were the
/// bytes and encodes it again: DER begins with 0x30, so what decodes to "MI…" is base64 still.
std::optional<std::string> der_of_entry(const Json& entry) {
  if (entry.is_array()) return bytes_of_numbers(entry);
  if (!entry.is_string()) return std::nullopt;
  auto bytes = base64_decode(without_white_space(entry.get_ref<const std::string&>()));
  if (bytes && bytes->substr(0, 2) == "MI") bytes = base64_decode(without_white_space(*bytes));
  return bytes;
}

/// Reads an array of DER values into canonical base64, and what each is about into `facts`.
template <class Facts>
void read_entries(const ObjectReader& device, std::string_view member,
                  std::optional<Facts> (*read)(std::string_view), std::string_view expected,
                  std::vector<std::string>& out, std::vector<Facts>& facts) {
  for (const Json* entry : device.array(member, kMaxEntries)) {
    const auto der = der_of_entry(*entry);
    const auto known = der && der->size() <= kMaxDerBytes ? read(*der) : std::nullopt;
    if (!known) {
      device.reading().refuse(fmt::format("{}[{}]", device.path_of(member), out.size()), expected);
      return;
    }
    out.push_back(base64_encode(*der));
    facts.push_back(*known);
  }
}

}  // namespace

std::string render_vtpm(const VirtualTpm& tpm) {
  Json json = {{"_typeName", "VirtualTPM"}, {"key", tpm.key}};
  if (tpm.label || tpm.summary) {
    Json description = {{"_typeName", "Description"}};
    put(description, "label", tpm.label);
    put(description, "summary", tpm.summary);
    json["deviceInfo"] = std::move(description);
  }
  put(json, "controllerKey", tpm.controller_key);
  put(json, "unitNumber", tpm.unit_number);
  if (!tpm.certificate_signing_requests.empty()) {
    json[std::string(kRequests)] = tpm.certificate_signing_requests;
  }
  if (!tpm.certificates.empty()) json[std::string(kCertificates)] = tpm.certificates;
  return json_document(json);
}

Result<VirtualTpm> parse_vtpm(std::string_view text) {
  auto saved = parse_saved_vtpm(text);
  if (!saved) return fail(saved.error());
  return std::move(saved->device);
}

Result<SavedVtpm> parse_saved_vtpm(std::string_view text) {
  auto json = parse_json(kVtpmFile, text, kVtpmMaxBytes);
  if (!json) return fail(json.error());
  Reading reading(kVtpmFile);
  const ObjectReader device(reading, "", *json);
  device.expect_type("VirtualTPM");

  SavedVtpm saved;
  VirtualTpm& tpm = saved.device;
  std::optional<int> key;
  device.read("key", key);
  tpm.key = key.value_or(0);
  if (const auto description = device.object("deviceInfo")) {
    description->read("label", TextRule::line, tpm.label);
    description->read("summary", TextRule::line, tpm.summary);
  }
  device.read("controllerKey", tpm.controller_key);
  device.read("unitNumber", tpm.unit_number);
  read_entries(device, kRequests, read_signing_request, "the DER of a certificate signing request",
               tpm.certificate_signing_requests, saved.signing_requests);
  read_entries(device, kCertificates, read_certificate, "the DER of a certificate",
               tpm.certificates, saved.certificates);
  if (auto status = reading.status(); !status) return fail(status.error());
  return saved;
}

}  // namespace vtpmfs::cache
