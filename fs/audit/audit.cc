#include "fs/audit/audit.h"

#include <sys/resource.h>

#include <ctime>

#include "fs/audit/audit_options.h"
#include "fs/audit/audit_output.h"
#include "fs/audit/check_tool.h"
#include "fs/audit/diff_tool.h"
#include "fs/audit/keys_tool.h"
#include "fs/audit/progress_bar.h"

namespace vtpmfs::fs {
namespace {

struct Answer {
  int status;
  std::string text;
};

/// Many threads read in many directories at once.
void allow_many_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

template <class Report>
Answer answer_with(const Report& report, const AuditOptions& options) {
  return {status_of(report), options.json ? json_of(report) : text_of(report, options)};
}

Answer answer(AuditTool tool, const AuditOptions& options) {
  ProgressBar progress(!options.quiet);
  switch (tool) {
    case AuditTool::check:
      return answer_with(
          check_trees(options, {std::time(nullptr), options.expiry_warning}, progress), options);
    case AuditTool::keys: {
      const KeysReport report = collect_keys(options, progress);
      return {status_of(report, options),
              options.json ? json_of(report, options) : text_of(report, options)};
    }
    case AuditTool::diff:
      return answer_with(compare_trees(options, progress), options);
  }
  return {kAuditTrouble, ""};
}

}  // namespace

int run_audit(AuditTool tool, const std::vector<std::string>& words) {
  const auto options = read_audit_options(tool, words);
  if (!options) {
    complain_as(name_of(tool), options.error().words);
    return kAuditUsage;
  }
  if (!options->help) allow_many_open_files();
  const Answer done = options->help ? Answer{kAuditFine, audit_help(tool)} : answer(tool, *options);
  if (write_out(done.text)) return done.status;
  complain_as(name_of(tool), "the answer could not be written");
  return kAuditTrouble;
}

}  // namespace vtpmfs::fs
