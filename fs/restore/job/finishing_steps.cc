// The steps of a restore that fill the VM and prove it: key, nvram, reading back, finishing.
#include <algorithm>
#include <cctype>
#include <cerrno>

#include "cache/saved/file_names.h"
#include "cache/saved/plain_text.h"
#include "fs/restore/job/destroy_rule.h"
#include "fs/restore/job/read_back.h"
#include "fs/restore/job/restore_job.h"
#include "fs/restore/job/vm_ending.h"
#include "vsphere/datastore_path.h"

namespace vtpmfs::fs {
namespace {

/// Some datastores do not heed case.
bool same_file_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

Status RestoreJob::set_missing_key() {
  if (!set_.key) return {};
  const auto vm = identify();
  if (!vm) return fail(vm.error());
  // Newer vcsims leave the key out at creation; a wrong key is never mended, reading back refuses
  // it.
  if (vm->detail.key_id || vm->detail.why_unreadable("config.keyId") != nullptr) return {};
  report(RestoreStatus::State::creating, "setting the key", 58);
  // Never sent again: its task may be at work, and a VM is not encrypted twice.
  return find_effect(surroundings_.target.set_key(*record_.vm, *set_.key, policy_.id, call()),
                     looks(kLooksForATask), stop_, [this]() -> Result<bool> {
                       const auto now = identify();
                       if (!now) return fail(now.error());
                       return now->detail.key_id.has_value();
                     });
}

/// The new VM's own nvram, by the rule that every read obeys; a VM without a name for it gets that
/// of its vmx.
Result<std::string> RestoreJob::nvram_path(const vsphere::VmDetail& detail) const {
  if (!detail.vm_path_name) return fail(EIO, "the new VM's directory cannot be read back");
  const auto path =
      vsphere::nvram_path(*detail.vm_path_name, detail.nvram_extra_config, detail.nvram_layout);
  if (!path) return fail(path.error());
  if (*path) return (*path)->path;
  const auto vmx = vsphere::DatastorePath::parse(*detail.vm_path_name);
  if (!vmx) return fail(vmx.error());
  std::string name = vmx->name();
  name = name.substr(0, name.rfind('.')) + ".nvram";
  if (!vsphere::is_plain_nvram_name(name))
    return fail(EIO, "the new VM's vmx gives no plain name for nvram");
  return vmx->directory() + "/" + name;
}

/// An nvram that is overwritten cannot be had back, so no other VM's file may lie where we write.
Status RestoreJob::directory_is_ours(const vsphere::DatastorePath& vmx) {
  if (vmx.directory().empty()) return fail(EIO, "the new VM has no directory of its own");
  const auto files =
      surroundings_.target.vm_files_in(place_->datastore.place, vmx.directory(), call());
  if (!files)
    return fail(Error{
        files.error().code,
        "whether the new VM has its directory for itself cannot be seen: " + files.error().words,
        files.error().fault});
  for (const std::string& file : *files)
    if (!same_file_name(file, vmx.name()))
      return fail(EIO, "the new VM's directory is that of another VM too: it holds " +
                           cache::printable(file));
  return {};
}

Status RestoreJob::upload() {
  const auto vm = identify();
  if (!vm) return fail(vm.error());
  const vsphere::VmDetail& detail = vm->detail;
  if (detail.power != vsphere::PowerState::off)
    return fail(EIO, "somebody switched the new VM on before it was whole");
  if (const auto reason = why_not_the_one(*vm, record_, surroundings_.server.instance_uuid))
    return fail(EIO, "the new VM is not what it was: " + *reason);
  if (!set_.has_nvram) return {};
  report(RestoreStatus::State::uploading, "uploading nvram", 60);
  const auto path = nvram_path(detail);
  if (!path) return fail(path.error());
  const auto vmx = vsphere::DatastorePath::parse(*detail.vm_path_name);
  if (!vmx) return fail(vmx.error());
  if (vmx->datastore != place_->datastore.place.name)
    return fail(EIO, "the new VM lies on another datastore than the chosen one");
  if (auto ours = directory_is_ours(*vmx); !ours) return ours;

  return send_nvram(*path);
}

Status RestoreJob::send_nvram(const std::string& path) {
  const std::string& bytes = request_.files.at(std::string(cache::kNvramFile));
  // Leaves bytes in the new VM's directory only, which goes with the VM. Sending the same ones
  // twice does no harm.
  Status sent = send_until_seen(
      [&] { return surroundings_.target.upload(place_->datastore.place, path, bytes, call()); },
      looks(1), stop_, [&] { return nvram_is_as_saved(path); });
  if (!sent) return sent;
  report(RestoreStatus::State::uploading, "reading nvram back", 75);
  const auto same = nvram_is_as_saved(path);
  if (!same) return fail(same.error());
  if (!*same) return fail(EIO, "nvram reads back with other bytes than were sent");
  return {};
}

Result<bool> RestoreJob::nvram_is_as_saved(const std::string& path) {
  const std::string& bytes = request_.files.at(std::string(cache::kNvramFile));
  const auto back =
      surroundings_.target.download(place_->datastore.place, path, bytes.size() + 1, call());
  // Larger than what was sent is other bytes, too.
  if (!back && back.error().code == Errno{EFBIG}) return false;
  if (!back)
    return fail(Error{back.error().code, "nvram cannot be read back: " + back.error().words,
                      back.error().fault});
  return *back == bytes;
}

Status RestoreJob::verify() {
  report(RestoreStatus::State::verifying, "reading the VM back", 85);
  auto vm = identify();
  if (!vm) return fail(vm.error());
  ReadBack read = judge_read_back(vm->detail, set_, surroundings_.options.accept_rewrapped);
  if (!read.verdict) return read.verdict;
  if (read.certificates_differ) {
    Status mended = mend_certificates(vm->detail);
    // An edit that may still come would reach a VM that was checked.
    if (!mended && mended.error().maybe_done) return mended;
    if (!mended)
      status_.warnings.push_back(
          "the vTPM's certificates differ from the saved ones, and could not be put back: " +
          mended.error().words);
    // An edit of the device may have reached nvram as well, whether or not it did what was asked.
    if (set_.has_nvram) {
      const auto path = nvram_path(vm->detail);
      if (!path) return fail(path.error());
      const auto same = nvram_is_as_saved(*path);
      if (!same) return fail(same.error());
      if (!*same)
        if (auto sent = send_nvram(*path); !sent) return sent;
    }
  }
  status_.warnings.insert(status_.warnings.end(), read.warnings.begin(), read.warnings.end());
  return {};
}

Status RestoreJob::mend_certificates(const vsphere::VmDetail& detail) {
  const auto are_set = [this]() -> Result<bool> {
    const auto now = identify();
    if (!now) return fail(now.error());
    return now->detail.vtpm &&
           !judge_read_back(now->detail, set_, surroundings_.options.accept_rewrapped)
                .certificates_differ;
  };
  // Never sent again: its task may be at work.
  Status set = find_effect(surroundings_.target.set_tpm_certificates(
                               *record_.vm, *detail.vtpm, set_.vtpm->certificates, call()),
                           looks(kLooksForATask), stop_, are_set);
  if (!set) return set;
  const auto vm = identify();
  if (!vm) return fail(vm.error());
  ReadBack again = judge_read_back(vm->detail, set_, surroundings_.options.accept_rewrapped);
  if (!again.verdict) return again.verdict;
  if (again.certificates_differ) return fail(EIO, "the vCenter kept its own");
  return {};
}

Status RestoreJob::finish() {
  report(RestoreStatus::State::finishing, "taking the mark away", 95);
  // From here on nothing is ever destroyed.
  if (auto recorded = write_down(RestoreRecord::State::verified); !recorded) return recorded;
  if (auto finished = take_mark_off(surroundings_.target, record_, looks(kLooksForATask), call());
      !finished)
    return finished;
  make_template(surroundings_.target, record_, status_.warnings, looks(kLooksForATask), call());
  if (set_.origin && set_.origin->is_template && !surroundings_.options.templates)
    status_.warnings.emplace_back(
        "the saved VM was a template; this is a VM (--restore-templates makes it a template)");
  if (auto recorded = write_down(RestoreRecord::State::done); !recorded)
    status_.warnings.push_back(recorded.error().words);
  return {};
}

}  // namespace vtpmfs::fs
