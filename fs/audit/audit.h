// Questions to saved directories: vtpmfs check, keys and diff.
//
// This room reads trees of saved sets on disk (and, for diff, those of a mount) and answers three
// questions: is each set whole and consistent, which keys does it need, what has changed since.
// It asks nobody: no vCenter, no daemon, no network. It never writes, not even access times where
// it may leave them alone, and it never tells what is in a bundle or in nvram.
//
// What it reads is hostile: it may have been made by somebody who wants us to hang, to read other
// files, or to write on the terminal. Therefore
// - a directory given by name is followed once; below it no symbolic link is (tree_directory.h);
// - only regular files are opened, within the size limits of cache/saved/file_names.h;
// - nesting is bounded, a directory is visited once, whatever is mounted where (saved_walk.h);
// - whatever is shown goes through shown() (shown_text.h).
//
// Whether a set is good is not decided here: cache/saved parses and fs/restore/commit_rule.h
// judges, as a restore does; set_rules.h adds what a restore does not look at.
//
// What cannot be read is a finding, never a reason to stop: an unreadable directory or file, a tree
// that is too deep, names that cannot be shown. A tree without any set is told as an error, since
// the disk with the backups may not be mounted.
//
// Threads: one for each processor reads directories or sets (in_parallel.h); rules are pure
// functions; all output is written by the thread that called.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::fs {

enum class AuditTool { check, keys, diff };

/// The tool that the first word of the command line names, which has to be exactly `check`, `keys`
/// or `diff`: so a mount point of that name is written ./check, a vCenter https://check.
std::optional<AuditTool> audit_tool_of(const std::vector<std::string>& words);

// Exit statuses. 1 and 2 as borg and diff(1) have them; a wrong command line is apart from both,
// for who runs this by cron.
inline constexpr int kAuditFine = 0;     ///< nothing found; diff: all the same; keys: not needed
inline constexpr int kAuditNotable = 1;  ///< check: warnings; diff: differences; keys: needed
inline constexpr int kAuditTrouble = 2;  ///< a damaged set, something that could not be read
inline constexpr int kAuditUsage = 64;   ///< the command line is wrong (EX_USAGE)

/// Runs the tool that the first word names with the words after it. Writes the answer to standard
/// output and complaints to standard error, and returns the exit status; output that could not be
/// written is kAuditTrouble.
int run_audit(AuditTool tool, const std::vector<std::string>& words);

}  // namespace vtpmfs::fs
