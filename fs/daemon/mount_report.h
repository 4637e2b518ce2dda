// Gathers what .vtpmfs/ tells.
#pragma once

#include <functional>
#include <string>

#include "cache/live_model.h"
#include "fs/kernel/session.h"
#include "fs/options/options.h"
#include "fs/restore/job/job_restorer.h"
#include "fs/restore/staged_sets.h"
#include "fs/status/mount_facts.h"
#include "vsphere/connection.h"

namespace vtpmfs::fs {

/// What is asked. Outlives the report.
struct ReportSources {
  const Options& options;
  vsphere::Connection& connection;
  cache::LiveModel& model;
  std::string journal;                    ///< directory of the restore journal
  const JobRestorer* restorer = nullptr;  ///< null on a read-only mount
  const StagedSets* sets = nullptr;       ///< likewise
  /// The kernel's session, once it is there.
  std::function<const kernel::FuseSession*()> session;
};

/// Asks nobody but this machine, the journal on its disk included: a mount that cannot restore
/// reads there which restores wait for one that can. Thread-safe.
class MountReport {
 public:
  explicit MountReport(ReportSources sources);

  [[nodiscard]] MountFacts facts() const;

 private:
  void look_at_vms(MountFacts& facts) const;
  void look_at_restores(MountFacts::Restores& restores) const;
  [[nodiscard]] bool is_at_work(const RestoreRecord& record) const;

  const ReportSources sources_;
  const std::chrono::system_clock::time_point mounted_;
};

}  // namespace vtpmfs::fs
