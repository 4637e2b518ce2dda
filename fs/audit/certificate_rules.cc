#include "fs/audit/certificate_rules.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <string>

#include "cache/saved/base64.h"
#include "cache/saved/certificates.h"
#include "cache/saved/file_names.h"
#include "fs/audit/set_rules.h"

namespace vtpmfs::fs {
namespace {

using cache::Sha256Hash;
using KeyOf = std::optional<Sha256Hash> (*)(std::string_view);
using Keys = std::vector<std::optional<Sha256Hash>>;

constexpr int64_t kSecondsOfADay = 86400;

Keys keys_of(const std::vector<std::string>& entries, KeyOf key_of) {
  Keys keys;
  for (const std::string& entry : entries)
    keys.push_back(key_of(cache::base64_decode(entry).value_or("")));
  return keys;
}

Finding finding(FindingCode code, std::string words) {
  return {code, std::string(cache::kVtpmFile), std::move(words)};
}

void unmatched(const Keys& these, const Keys& those, std::string_view words,
               std::vector<Finding>& findings) {
  for (size_t i = 0; i < these.size(); ++i)
    if (std::find(those.begin(), those.end(), these[i]) == those.end())
      findings.push_back(finding(FindingCode::unattested, fmt::format(fmt::runtime(words), i)));
}

void validity(const std::string& certificate, size_t index, const CheckTerms& terms,
              std::vector<Finding>& findings) {
  const auto end = cache::end_of_validity(cache::base64_decode(certificate).value_or(""));
  if (!end) return;
  const std::time_t time = *end;
  std::tm calendar{};
  gmtime_r(&time, &calendar);
  const int64_t left = *end - terms.now;
  if (left < 0)
    findings.push_back(
        finding(FindingCode::expired, fmt::format("certificate {} expired {} days ago ({:%F})",
                                                  index, -left / kSecondsOfADay, calendar)));
  else if (left < terms.expiry_warning.count() * kSecondsOfADay)
    findings.push_back(
        finding(FindingCode::expires, fmt::format("certificate {} expires in {} days ({:%F})",
                                                  index, left / kSecondsOfADay, calendar)));
}

}  // namespace

void examine_certificates(const vsphere::VirtualTpm& tpm, const CheckTerms& terms,
                          std::vector<Finding>& findings) {
  for (size_t i = 0; i < tpm.certificates.size(); ++i)
    validity(tpm.certificates[i], i, terms, findings);
  // A vTPM may have only one kind: nothing to be compared then.
  if (tpm.certificates.empty() || tpm.certificate_signing_requests.empty()) return;
  const Keys certificates = keys_of(tpm.certificates, cache::public_key_of_certificate);
  const Keys requests = keys_of(tpm.certificate_signing_requests, cache::public_key_of_request);
  unmatched(certificates, requests,
            "certificate {} is for another key than those of the vTPM's signing requests",
            findings);
  unmatched(requests, certificates, "no certificate is for the key of signing request {}",
            findings);
}

std::optional<Sha256Hash> endorsement_keys_hash(const vsphere::VirtualTpm& tpm) {
  Keys keys = keys_of(tpm.certificate_signing_requests, cache::public_key_of_request);
  if (keys.empty()) keys = keys_of(tpm.certificates, cache::public_key_of_certificate);
  std::set<std::string> distinct;
  for (const auto& key : keys)
    if (key) distinct.insert(cache::hex(*key));
  if (distinct.empty()) return std::nullopt;
  std::string all;
  for (const std::string& key : distinct) all += key;
  return cache::sha256(all);
}

}  // namespace vtpmfs::fs
