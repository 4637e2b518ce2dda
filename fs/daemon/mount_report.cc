#include "fs/daemon/mount_report.h"

#include <algorithm>

#include "fs/restore/job/journal_file.h"

namespace vtpmfs::fs {
namespace {

std::string name_of(cache::VmFilter filter) {
  switch (filter) {
    case cache::VmFilter::vtpm:
      return "vtpm";
    case cache::VmFilter::encrypted:
      return "encrypted";
    case cache::VmFilter::all:
      break;
  }
  return "all";
}

bool verifies_nothing(const vsphere::TlsPolicy& tls) {
  return tls.insecure && tls.ca_files.empty() && !tls.thumbprint;
}

std::string joined(const std::vector<std::string>& names) {
  std::string path;
  for (const std::string& name : names) path += "/" + name;
  return path;
}

}  // namespace

MountReport::MountReport(ReportSources sources)
    : sources_(std::move(sources)), mounted_(std::chrono::system_clock::now()) {}

MountFacts MountReport::facts() const {
  MountFacts facts;
  const Options& options = sources_.options;
  facts.now = std::chrono::system_clock::now();
  facts.mounted = mounted_;
  facts.read_only = options.read_only;
  facts.vms_shown = name_of(options.vms);
  facts.server = {options.host, options.port, options.user, sources_.connection.vms().server(),
                  verifies_nothing(options.tls)};
  facts.session = sources_.connection.session();
  facts.traffic = sources_.connection.traffic();
  facts.feed = sources_.model.feed().status();
  look_at_vms(facts);
  facts.cache_bytes = sources_.model.sets().cached_bytes();
  facts.cache_limit = options.cache_bytes;
  if (const kernel::FuseSession* session = sources_.session()) {
    facts.requests = session->counts();
    facts.known_nodes = session->known_nodes();
    facts.open_handles = session->open_handles();
  }
  look_at_restores(facts.restores);
  return facts;
}

void MountReport::look_at_vms(MountFacts& facts) const {
  const cache::Inventory& inventory = sources_.model.inventory();
  for (const vsphere::MoRef& vm : inventory.shown_vms()) {
    ++facts.shown;
    const auto known = inventory.vm_facts(vm);
    if (known && known->has_tpm.value_or(known->tpm_present.value_or(false))) ++facts.with_vtpm;
  }
  for (const auto& [vm, why] : sources_.model.sets().incomplete())
    facts.incomplete.push_back({vm, inventory.inventory_path(vm), why});
  std::sort(facts.incomplete.begin(), facts.incomplete.end(),
            [](const VmTrouble& a, const VmTrouble& b) {
              return std::tie(a.path, a.vm) < std::tie(b.path, b.vm);
            });
  for (const vsphere::MoRef& vm : sources_.model.sets().crash_consistent())
    facts.crash_consistent.push_back(inventory.inventory_path(vm));
  std::sort(facts.crash_consistent.begin(), facts.crash_consistent.end());
}

bool MountReport::is_at_work(const RestoreRecord& record) const {
  return sources_.restorer != nullptr && sources_.restorer->runs(record.place());
}

void MountReport::look_at_restores(MountFacts::Restores& restores) const {
  const cache::Inventory& inventory = sources_.model.inventory();
  if (sources_.sets != nullptr) {
    for (StagedSets::Told& told : sources_.sets->told_sets())
      restores.staged.push_back(
          {inventory.inventory_path(told.datacenter) + "/restore" + joined(told.path),
           std::move(told.status), told.running});
  }
  auto left = JournalDirectory::left_in(sources_.journal);
  const bool none_yet = sources_.restorer == nullptr && !left && left.error().code == Errno{ENOENT};
  if (none_yet) {
    // No mount has restored anything with this state directory.
  } else if (!left) {
    restores.journal_error = left.error();
  } else {
    restores.damaged = std::move(left->damaged);
    for (const RestoreRecord& record : left->records) {
      if (record.state == RestoreRecord::State::rolled_back || is_at_work(record)) continue;
      restores.waiting.push_back(
          {record.name,
           inventory.inventory_path(record.vm_folder) + joined(record.folders) + "/" + record.name,
           record_state_name(record.state), record.vm ? record.vm->value : "",
           sources_.restorer != nullptr ? sources_.restorer->found(record.id) : ""});
    }
  }
  // Each end is a time series from the start, so that the first one is an increase.
  for (const char* end : {"checked", "done", "failed", "left-behind"}) restores.by_end[end] = 0;
  if (sources_.restorer != nullptr)
    for (const auto& [end, number] : sources_.restorer->ends()) restores.by_end[end] = number;
}

}  // namespace vtpmfs::fs
