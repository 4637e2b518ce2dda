// What has to be known to recognise a VM as the one that this restore made, and nobody else's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::fs {

/// extraConfig key that carries the random mark while a restore is under way.
inline constexpr const char* kMarkKey = "vtpmfs.restore";
/// What a half-made VM says to people.
inline constexpr const char* kInProgressAnnotation = "restore in progress: do not power on";

/// One restore, as it is written down before each step that leaves a trace in vCenter.
struct RestoreRecord {
  enum class State { begun, creating, created, verified, done, rolled_back, left_behind };
  State state = State::begun;
  std::string id;             ///< names the record's file
  std::string vcenter;        ///< about.instanceUuid
  std::string mark;           ///< random; in extraConfig of the VM while it is half-made
  std::string instance_uuid;  ///< chosen by us, new for each try
  vsphere::MoRef folder;
  std::string name;  ///< as created, API form
  std::optional<vsphere::MoRef> task;
  std::optional<vsphere::MoRef> vm;
  std::vector<vsphere::MoRef> folders_made;

  // -- for whoever goes on with it after a crash
  uint64_t staged = 0;                       ///< directory of the staging store that it came from
  std::map<std::string, std::string> files;  ///< what was restored: name, and SHA-256 in hex
  vsphere::MoRef vm_folder;                  ///< the datacenter's
  std::vector<std::string> folders;          ///< below vm_folder, API form
  /// When the creation was last sent, by this machine's clock. A task may be at work for a while.
  std::chrono::system_clock::time_point sent{};
  std::string annotation;    ///< what the finished VM gets
  bool as_template = false;  ///< the finished VM is made a template

  /// place_key() of this restore.
  [[nodiscard]] std::string place() const;
};

std::string record_state_name(RestoreRecord::State state);

/// One key for everything that would be the same VM: folder and name without regard to case, as
/// vSphere compares them.
std::string place_key(const vsphere::MoRef& vm_folder, const std::vector<std::string>& folders,
                      const std::string& name);

/// Where records are kept. Thread-safe.
class RestoreJournal {
 public:
  virtual ~RestoreJournal() = default;
  /// Durable when it returns. A restore whose record cannot be written does not take the step.
  virtual Status write(const RestoreRecord& record) = 0;
  /// The restore is over and left nothing to look after.
  virtual void remove(const RestoreRecord& record) = 0;
};

}  // namespace vtpmfs::fs
