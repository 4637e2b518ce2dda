#include "fs/audit/audit_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "fs/options/values.h"

namespace vtpmfs::fs {
namespace {

using Tools = std::vector<AuditTool>;

constexpr uint64_t kMaxThreads = 256;
constexpr uint64_t kMaxDays = 36500;

Tools all_tools() {
  return {AuditTool::check, AuditTool::keys, AuditTool::diff};
}

Status set_word(std::optional<std::string>& target, const std::string& value) {
  if (value.empty()) return fail(EINVAL, "the value is empty");
  target = value;
  return {};
}

Status set_days(AuditOptions& options, const std::string& value) {
  const auto days = parse_number(value, 0, kMaxDays);
  if (!days) return fail(days.error());
  options.expiry_warning = std::chrono::days(*days);
  return {};
}

Status set_threads(AuditOptions& options, const std::string& value) {
  const auto threads = parse_number(value, 1, kMaxThreads);
  if (!threads) return fail(threads.error());
  options.threads = static_cast<unsigned>(*threads);
  return {};
}

Status set_nvram_max(AuditOptions& options, const std::string& value) {
  const auto size = parse_size(value);
  if (!size) return fail(size.error());
  options.nvram_max = *size;
  return {};
}

std::vector<AuditOptionSpec> make_table() {
  const auto flag = [](bool AuditOptions::*member) {
    return [member](AuditOptions& options, const std::string&) {
      options.*member = true;
      return Status{};
    };
  };
  return {
      {"expiry-days",
       "",
       "DAYS",
       "warn of certificates that end within so many days (default 30)",
       {AuditTool::check},
       set_days},
      {"nvram-max",
       "",
       "SIZE",
       "largest nvram that a restore takes (default 16M)",
       {AuditTool::check},
       set_nvram_max},
      {"key",
       "",
       "KEY",
       "is this key needed? (its id, as keyId has it)",
       {AuditTool::keys},
       [](AuditOptions& o, const std::string& v) { return set_word(o.key, v); }},
      {"provider",
       "",
       "PROVIDER",
       "is any key of this key provider needed?",
       {AuditTool::keys},
       [](AuditOptions& o, const std::string& v) { return set_word(o.provider, v); }},
      {"json", "", "", "the answer as one JSON document", all_tools(), flag(&AuditOptions::json)},
      {"verbose",
       "v",
       "",
       "tell what is well, too",
       {AuditTool::check, AuditTool::diff},
       flag(&AuditOptions::verbose)},
      {"quiet", "q", "", "no summary, no progress", all_tools(), flag(&AuditOptions::quiet)},
      {"jobs", "j", "N", "how many threads read (default: one for each processor)", all_tools(),
       set_threads},
      {"help", "h", "", "say this and end", all_tools(), flag(&AuditOptions::help)},
  };
}

bool belongs_to(const AuditOptionSpec& option, AuditTool tool) {
  return std::find(option.tools.begin(), option.tools.end(), tool) != option.tools.end();
}

std::string_view synopsis(AuditTool tool) {
  return tool == AuditTool::diff ? "vtpmfs diff [options] DIR MOUNT"
         : tool == AuditTool::keys
             ? "vtpmfs keys [options] [--key KEY] [--provider PROVIDER] DIR..."
             : "vtpmfs check [options] DIR...";
}

std::string_view purpose(AuditTool tool) {
  switch (tool) {
    case AuditTool::check:
      return "Verifies all saved sets below the directories, offline: complete, as SHA256SUMS "
             "says, "
             "well formed,\nconsistent. Exit status: 0 all is well, 1 warnings, 2 errors, 64 wrong "
             "command line.\n";
    case AuditTool::keys:
      return "Lists which keys the saved machines below the directories need. With --key or "
             "--provider the exit\nstatus answers: 0 no saved machine needs it, 1 it is needed, 2 "
             "unknown, 64 wrong command line.\n";
    case AuditTool::diff:
      return "Says what has changed at the vCenter since the sets below DIR were saved. Exit "
             "status: "
             "0 nothing,\n1 something, 2 trouble, 64 wrong command line.\n";
  }
  return "";
}

struct Collected {
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, bool> switches;
  std::vector<std::string> directories;
};

Status collect(AuditTool tool, const std::vector<std::string>& words, Collected& collected) {
  CLI::App app;
  app.set_help_flag();
  for (const AuditOptionSpec& option : audit_option_table()) {
    if (!belongs_to(option, tool)) continue;
    std::string names = fmt::format("--{}", option.name);
    if (!option.flag.empty()) names = fmt::format("-{},{}", option.flag, names);
    if (option.value.empty())
      app.add_flag(names, collected.switches[option.name]);
    else
      app.add_option(names, collected.values[option.name])
          ->expected(1)
          ->take_all()
          ->allow_extra_args(false);
  }
  app.add_option("directories", collected.directories);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return fail(EINVAL, error.what());
  }
  return {};
}

}  // namespace

std::span<const AuditOptionSpec> audit_option_table() {
  static const std::vector<AuditOptionSpec> table = make_table();
  return table;
}

std::string_view name_of(AuditTool tool) {
  switch (tool) {
    case AuditTool::check:
      return "check";
    case AuditTool::keys:
      return "keys";
    case AuditTool::diff:
      return "diff";
  }
  return "";
}

std::optional<AuditTool> audit_tool_of(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  for (const AuditTool tool : all_tools())
    if (words.front() == name_of(tool)) return tool;
  return std::nullopt;
}

Result<AuditOptions> read_audit_options(AuditTool tool, const std::vector<std::string>& words) {
  Collected collected;
  if (auto parsed = collect(tool, words, collected); !parsed) return fail(parsed.error());
  AuditOptions options;
  for (const AuditOptionSpec& option : audit_option_table()) {
    if (collected.switches[option.name]) option.apply(options, "");
    for (const std::string& value : collected.values[option.name])
      if (auto applied = option.apply(options, value); !applied)
        return fail(EINVAL, fmt::format("--{}: {}", option.name, applied.error().words));
  }
  options.directories = collected.directories;
  if (options.help) return options;
  const size_t count = options.directories.size();
  if (tool == AuditTool::diff && count != 2)
    return fail(EINVAL,
                fmt::format("a saved directory and a mount are needed ({})", synopsis(tool)));
  if (count == 0) return fail(EINVAL, fmt::format("no directory ({})", synopsis(tool)));
  return options;
}

std::string audit_help(AuditTool tool) {
  std::string text = fmt::format("usage: {}\n\n{}\noptions:\n", synopsis(tool), purpose(tool));
  for (const AuditOptionSpec& option : audit_option_table()) {
    if (!belongs_to(option, tool)) continue;
    std::string names = option.flag.empty() ? "    " : fmt::format("-{}, ", option.flag);
    names += fmt::format("--{}", option.name);
    if (!option.value.empty()) names += fmt::format(" {}", option.value);
    text += fmt::format("  {:<24} {}\n", names, option.help);
  }
  return text;
}

}  // namespace vtpmfs::fs
