#include "fs/audit/certificate_rules.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <string>

#include "cache/saved/file_names.h"
#include "fs/audit/set_rules.h"

namespace vtpmfs::fs {
namespace {

using Keys = std::vector<cache::PublicKeyHash>;

constexpr int64_t kSecondsOfADay = 86400;

Keys keys_of(const std::vector<cache::CertificateFacts>& certificates) {
  Keys keys;
  for (const auto& certificate : certificates) keys.push_back(certificate.public_key);
  return keys;
}

bool has(const Keys& keys, const cache::PublicKeyHash& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Finding finding(FindingCode code, std::string words) {
  return {code, std::string(cache::kVtpmFile), std::move(words)};
}

void validity(int64_t end, size_t index, const CheckTerms& terms, std::vector<Finding>& findings) {
  const std::time_t time = end;
  std::tm calendar{};
  gmtime_r(&time, &calendar);
  const int64_t left = end - terms.now;
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

void examine_certificates(const cache::SavedVtpm& tpm, const CheckTerms& terms,
                          std::vector<Finding>& findings) {
  for (size_t i = 0; i < tpm.certificates.size(); ++i)
    if (const auto end = tpm.certificates[i].end_of_validity) validity(*end, i, terms, findings);
  // A vTPM may have only one kind: nothing to be compared then.
  if (tpm.certificates.empty() || tpm.signing_requests.empty()) return;
  const Keys certified = keys_of(tpm.certificates);
  for (size_t i = 0; i < certified.size(); ++i)
    if (!has(tpm.signing_requests, certified[i]))
      findings.push_back(finding(
          FindingCode::unattested,
          fmt::format("certificate {} is for another key than those of the vTPM's signing requests",
                      i)));
  for (size_t i = 0; i < tpm.signing_requests.size(); ++i)
    if (!has(certified, tpm.signing_requests[i]))
      findings.push_back(
          finding(FindingCode::unattested,
                  fmt::format("no certificate is for the key of signing request {}", i)));
}

std::optional<cache::Sha256Hash> endorsement_keys_hash(const cache::SavedVtpm& tpm) {
  const Keys keys = tpm.signing_requests.empty() ? keys_of(tpm.certificates) : tpm.signing_requests;
  if (keys.empty()) return std::nullopt;
  std::string all;
  for (const auto& key : std::set(keys.begin(), keys.end())) all += cache::hex(key);
  return cache::sha256(all);
}

}  // namespace vtpmfs::fs
