#include "cache/sets/set_builder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cache/saved/key_locator.h"
#include "cache/saved/sha256sums.h"
#include "cache/saved/vm_files.h"
#include "cache/sets/shortfall.h"
#include "cache/times/first_value.h"

namespace vtpmfs::cache {
namespace {

/// Hash in hex, two blanks, newline.
constexpr uint64_t kSumsLineOverhead = 64 + 2 + 1;

bool is_summed(FileRole role) {
  return role != FileRole::sha256sums;
}

/// No nvram, and that is how the VM is.
bool has_no_nvram(const SetVersion& version, uint64_t nvram_max) {
  return version.nvram.state == NvramFound::State::none &&
         !nvram_shortfall(version.nvram_place, version.nvram, version.has_run, nvram_max);
}

ContentId content_id_of(const Sha256Hash& hash) {
  ContentId id;
  std::memcpy(id.data(), hash.data(), id.size());
  return id;
}

void put_text(SetVersion& version, FileRole role, std::optional<std::string> text) {
  if (!text) return;
  version.hashes[index_of(role)] = sha256(*text);
  text->shrink_to_fit();  // it was written piece by piece, and is kept for as long as the VM
  version.texts[index_of(role)] = std::make_shared<const std::string>(std::move(*text));
}

/// Its own values could not be read.
bool fails(const SetVersion& version, FileRole role) {
  return std::any_of(version.file_errors.begin(), version.file_errors.end(),
                     [&](const auto& entry) { return entry.first == role; });
}

/// A file that cannot be had now, and that the VM must have all the same.
bool belongs_without_text(const SetVersion& version, FileRole role) {
  return version.has_tpm || !is_sealing(role) || fails(version, role);
}

/// What stays readable stays as it was, where it cannot be read now.
void keep_text(SetVersion& version, const SetVersion* former, FileRole role) {
  if (former == nullptr || version.text(role) || !former->text(role)) return;
  version.texts[index_of(role)] = former->text(role);
  version.hashes[index_of(role)] = former->hashes[index_of(role)];
}

}  // namespace

const Error* SetVersion::why_not(FileRole role) const {
  if (!is_sealing(role) && text(role)) return nullptr;
  const auto special = std::find_if(file_errors.begin(), file_errors.end(),
                                    [&](const auto& entry) { return entry.first == role; });
  if (special != file_errors.end()) return &special->second;
  return listing.incomplete ? &*listing.incomplete : nullptr;
}

uint64_t sums_size(const SetListing& listing) {
  uint64_t size = 0;
  for (const SetFile& file : listing.files) {
    if (is_summed(file.role)) size += kSumsLineOverhead + file_name(file.role).size();
  }
  return size;
}

std::string render_sums(const SetVersion& version, const Sha256Hash* nvram) {
  Sha256Sums sums;
  for (const SetFile& file : version.listing.files) {
    if (file.role == FileRole::nvram) {
      if (nvram != nullptr) sums.emplace(file_name(file.role), *nvram);
    } else if (is_summed(file.role)) {
      sums.emplace(file_name(file.role), version.hashes[index_of(file.role)]);
    }
  }
  return render_sha256sums(sums);
}

ContentId nvram_content_id(const vsphere::DatastoreFile& file,
                           const std::optional<std::string>& change_version) {
  std::string text = "nvram " + std::to_string(file.size) + " ";
  if (file.modified) {
    text += std::to_string(file.modified->time_since_epoch().count());
  } else {
    // Nothing tells when it changed: each reconfiguration may have.
    text += change_version.value_or("");
  }
  return content_id(text);
}

VersionPtr SetBuilder::build(BuildInput input) const {
  const vsphere::VmDetail& detail = input.detail;
  auto version = std::make_shared<SetVersion>();
  version->vm = detail.vm;
  version->sequence = input.sequence;
  version->change_version = detail.change_version;
  version->inventory_path = input.inventory_path;
  version->origin_pending = input.origin_pending;
  version->has_tpm = input.has_tpm;
  version->running = detail.power == vsphere::PowerState::on;
  version->has_run = has_run(detail);
  version->nvram_place = std::move(input.nvram_place);
  version->nvram = std::move(input.nvram);
  Shortfall shortfall =
      shortfall_of_details(detail, input.has_tpm, detail.key_id.has_value() || input.origin.key);
  version->detail_reason = std::move(shortfall.set);
  version->file_errors = std::move(shortfall.files);
  render(*version, input);
  list(*version, input.former.get(), first_value(detail, clock_.now()));
  return version;
}

void SetBuilder::render(SetVersion& version, BuildInput& input) const {
  const vsphere::VmDetail& detail = input.detail;
  input.origin.inventory_path = input.inventory_path;
  input.origin.no_nvram = !version.detail_reason && has_no_nvram(version, nvram_max_);
  VmFiles files = render_vm_files(detail, std::move(input.origin));
  put_text(version, FileRole::key_id, std::move(files.key_id));
  put_text(version, FileRole::encryption_bundle, std::move(files.bundle));
  put_text(version, FileRole::firmware, std::move(files.firmware));
  put_text(version, FileRole::vtpm, std::move(files.vtpm));
  if (!fails(version, FileRole::config)) {
    put_text(version, FileRole::config, std::move(files.config));
  }
  keep_text(version, input.former.get(), FileRole::firmware);
  keep_text(version, input.former.get(), FileRole::config);
  if (detail.key_id && detail.encryption_bundle) {
    const BundleMatch match = match_bundle(*detail.encryption_bundle, *detail.key_id);
    if (match == BundleMatch::unknown_form || match == BundleMatch::malformed) {
      version.warnings.emplace_back(
          "encryption.bundle has a form that is not known: not checked against keyId");
    }
  }
}

WallTime SetBuilder::provisional_time(const SetVersion& version, FileRole role,
                                      std::optional<WallTime> first) const {
  const auto last = times_.last_time(version.vm, file_name(role));
  if (last) return *last;
  return first.value_or(clock_.now());
}

void SetBuilder::list(SetVersion& version, const SetVersion* former,
                      std::optional<WallTime> first) const {
  const auto before = [&](FileRole role) {
    return former == nullptr ? nullptr : former->listing.find(role);
  };
  auto& files = version.listing.files;
  version.listing.incomplete = version.detail_reason;
  for (const FileRole role : kFileRoles) {
    if (role == FileRole::nvram) {
      add_nvram(version, before(role), first);
      continue;
    }
    if (role == FileRole::sha256sums) continue;
    if (const auto& text = version.text(role)) {
      const ContentId id = content_id_of(version.hashes[index_of(role)]);
      files.push_back({role, text->size(), times_.time_of(version.vm, file_name(role), id, first)});
    } else if (!belongs_without_text(version, role)) {
      continue;
    } else if (const SetFile* known = before(role)) {
      files.push_back(*known);
    } else {
      files.push_back({role, 1, provisional_time(version, role, first)});
    }
  }
  add_sums(version);
}

void SetBuilder::add_nvram(SetVersion& version, const SetFile* before,
                           std::optional<WallTime> first) const {
  auto& files = version.listing.files;
  auto& incomplete = version.listing.incomplete;
  if (auto error = nvram_shortfall(version.nvram_place, version.nvram, version.has_run, nvram_max_);
      error && !incomplete) {
    incomplete = std::move(error);
  }
  if (version.nvram.state == NvramFound::State::listed) {
    std::optional<WallTime> modified;
    if (version.nvram.file.modified) {
      modified = sane_time(*version.nvram.file.modified, clock_.now());
    }
    const WallTime time =
        times_.time_of(version.vm, file_name(FileRole::nvram),
                       nvram_content_id(version.nvram.file, version.change_version),
                       modified ? modified : first, modified);
    files.push_back({FileRole::nvram, version.nvram.file.size, time});
  } else if (incomplete) {
    if (before != nullptr) {
      files.push_back(*before);
    } else {
      files.push_back({FileRole::nvram, 1, provisional_time(version, FileRole::nvram, first)});
    }
  }
}

void SetBuilder::add_sums(SetVersion& version) const {
  SetListing& listing = version.listing;
  WallTime latest{};
  std::string contents;
  for (const SetFile& file : listing.files) {
    latest = std::max(latest, file.time);
    contents += std::string(file_name(file.role)) + " " + std::to_string(file.size) + " " +
                std::to_string(file.time.time_since_epoch().count()) + "\n";
  }
  // The latest time of the files in it; a time of its own all the same, for that may go back when a
  // file vanishes.
  WallTime time = latest;
  if (!listing.incomplete) {
    time = times_.time_of(version.vm, file_name(FileRole::sha256sums), content_id(contents), latest,
                          latest);
    time = std::max(time, latest);
  } else if (const auto last = times_.last_time(version.vm, file_name(FileRole::sha256sums))) {
    time = std::max(*last, latest);
  }
  listing.files.push_back({FileRole::sha256sums, sums_size(listing), time});
  listing.directory_time = time;
  if (!listing.incomplete && listing.find(FileRole::nvram) == nullptr) {
    put_text(version, FileRole::sha256sums, render_sums(version, nullptr));
  }
}

VersionPtr SetBuilder::with_nvram(const VersionPtr& version, const NvramFound& nvram) const {
  auto changed = std::make_shared<SetVersion>(*version);
  changed->nvram = nvram;
  if (has_no_nvram(*version, nvram_max_) != has_no_nvram(*changed, nvram_max_)) return nullptr;
  changed->listing = {};
  changed->texts[index_of(FileRole::sha256sums)] = nullptr;
  list(*changed, version.get(), std::nullopt);
  return changed;
}

VersionPtr SetBuilder::with_nvram_changed(const VersionPtr& version) const {
  times_.changed_unseen(version->vm, file_name(FileRole::nvram));
  return with_nvram(version, version->nvram);
}

}  // namespace vtpmfs::cache
