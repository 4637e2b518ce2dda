#include "fs/restore/job/read_back.h"

#include <cerrno>
#include <set>

#include "cache/saved/key_locator.h"

namespace vtpmfs::fs {
namespace {

Status judge_bundle(const vsphere::VmDetail& found, const cache::SavedSet& saved,
                    bool accept_rewrapped, std::vector<std::string>& warnings) {
  if (!saved.bundle || !saved.key) return {};
  if (!found.encryption_bundle)
    return fail(EIO, "the new VM has no encryption.bundle: the saved nvram could not be opened");
  switch (cache::compare_bundles(*saved.bundle, *found.encryption_bundle, *saved.key)) {
    case cache::BundleComparison::equal:
    case cache::BundleComparison::pair_kept:
      return {};
    case cache::BundleComparison::rewrapped:
      if (accept_rewrapped) {
        warnings.emplace_back(
            "unproven: the vCenter wrapped the bundle anew for the same key; accepted as asked "
            "for");
        return {};
      }
      return fail(EIO,
                  "unproven: the vCenter wrapped the bundle anew for the same key, so nobody can "
                  "tell from outside whether it still opens the "
                  "saved nvram (--restore-accept-rewrapped accepts that)");
    case cache::BundleComparison::no_pair:
      return fail(EIO,
                  "the new VM's encryption.bundle has no pair for the saved key: the saved nvram "
                  "could not be opened");
    case cache::BundleComparison::unknown_form:
      return fail(EIO,
                  "the new VM's encryption.bundle differs from the saved one, and has a form that "
                  "is not known");
  }
  return {};
}

Status judge_hard(const vsphere::VmDetail& found, const cache::SavedSet& saved) {
  for (const char* property : {"config.keyId", "config.hardware.device", "config.firmware"})
    if (const Error* why = found.why_unreadable(property))
      return fail(EIO, std::string(property) + " of the new VM cannot be read back: " + why->words);
  if (saved.key && found.key_id != saved.key)
    return fail(EIO, found.key_id ? "the new VM is encrypted with another key than the saved one"
                                  : "the new VM is not encrypted");
  if (found.firmware != saved.firmware)
    return fail(EIO, "the new VM's firmware is not '" + saved.firmware + "'");
  if (saved.vtpm && !found.vtpm) return fail(EIO, "the new VM has no vTPM");
  if (!saved.vtpm && found.vtpm)
    return fail(EIO, "the new VM has a vTPM, and the saved one had none");
  if (found.power != vsphere::PowerState::off)
    return fail(EIO, "somebody switched the new VM on before it was whole");
  return {};
}

}  // namespace

ReadBack judge_read_back(const vsphere::VmDetail& found, const cache::SavedSet& saved,
                         bool accept_rewrapped) {
  ReadBack out;
  out.verdict = judge_hard(found, saved);
  if (out.verdict) out.verdict = judge_bundle(found, saved, accept_rewrapped, out.warnings);
  if (saved.vtpm && found.vtpm) {
    const std::set<std::string> wanted(saved.vtpm->certificates.begin(),
                                       saved.vtpm->certificates.end());
    const std::set<std::string> present(found.vtpm->certificates.begin(),
                                        found.vtpm->certificates.end());
    out.certificates_differ = !wanted.empty() && wanted != present;
  }
  return out;
}

}  // namespace vtpmfs::fs
