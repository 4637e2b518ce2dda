// The command lines of vtpmfs check, keys and diff.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/audit/audit.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

struct AuditOptions {
  std::vector<std::string> directories;  ///< at least one; exactly two for diff
  bool help = false;
  bool json = false;
  bool verbose = false;  ///< also what is well
  bool quiet = false;    ///< no summary and no progress
  unsigned threads = 0;  ///< 0: one for each processor
  std::chrono::days expiry_warning{30};
  uint64_t nvram_max = 16UL << 20;
  std::optional<std::string> key;
  std::optional<std::string> provider;
};

/// One option of the tools that `tools` names.
struct AuditOptionSpec {
  std::string_view name;   ///< long name without dashes
  std::string_view flag;   ///< one letter, or empty
  std::string_view value;  ///< what it takes; empty for a switch
  std::string_view help;
  std::vector<AuditTool> tools;
  std::function<Status(AuditOptions&, const std::string&)> apply;
};
std::span<const AuditOptionSpec> audit_option_table();

/// Reads the words after the tool's name. EINVAL with one clear line.
Result<AuditOptions> read_audit_options(AuditTool tool, const std::vector<std::string>& words);

/// What `vtpmfs check --help` prints.
std::string audit_help(AuditTool tool);

std::string_view name_of(AuditTool tool);

}  // namespace vtpmfs::fs
