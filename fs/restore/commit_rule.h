// When is a staged directory complete? SHA256SUMS is the manifest, and content decides.
//
// Pure rules: no disk, no clock, no lock. What the store holds goes in, a verdict comes out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cache/saved/sha256.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// What a staged directory directly holds, of the names that count.
struct StagedContents {
  std::map<std::string, cache::Sha256Hash, std::less<>>
      hashes;                           ///< of the six files that are there
  std::optional<std::string> manifest;  ///< SHA256SUMS' text
  std::optional<std::string> config;    ///< config.json's text
};

enum class Verdict {
  no_set,          ///< a folder: none of keyId, encryption.bundle, vtpm.json, nvram
  no_manifest,     ///< waits: nothing tells whole files from half ones, and a SHA256SUMS may still
                   ///< come
  bad_manifest,    ///< SHA256SUMS does not parse (yet): EINVAL
  waiting,         ///< listed files have not been created yet
  mismatch,        ///< all listed files are there, and a hash differs: EBADMSG
  not_restorable,  ///< all matches, but it is no set that can be restored: EINVAL
  complete
};

struct Judgement {
  Verdict verdict = Verdict::no_set;
  std::vector<std::string> missing;    ///< listed and not there; of the five files where nothing
                                       ///< can be read of the manifest, and an empty manifest
  std::vector<std::string> differing;  ///< there, with another content
  std::string words;                   ///< for restore.status
};

Judgement judge(const StagedContents& contents);
/// The same of what is known to be a set, whatever it still holds: never no_set.
Judgement judge_set(const StagedContents& contents);

/// Why a set is refused that has all it lists, and what a person can do.
struct Refusal {
  Error error;
  std::string what_to_do;
};
/// Of a mismatch (EBADMSG), a manifest that does not parse and a set that was never whole (EINVAL).
std::optional<Refusal> refusal_of(const Judgement& judgement);

/// True for a name that makes its directory a set, and not a folder.
bool makes_a_set(std::string_view name);
/// True for the six files and SHA256SUMS.
bool takes_part(std::string_view name);
/// True for names that never commit by themselves, and hide what is below them: `.~tmp~`,
/// `.nvram.Xy12`.
bool is_hidden(std::string_view name);

/// What happened last to a set, as far as the errno of a mismatch depends on it.
struct Arrival {
  std::string file;         ///< the name that was flushed or renamed to; empty: a directory arrived
  bool whole = false;       ///< written from its start to its end through this handle, or renamed
  bool last_piece = false;  ///< before it, a listed file was missing
  /// Files that somebody is writing now, or of which only a part was written.
  std::set<std::string, std::less<>> unfinished;
};

/// Whether this arrival is told about a mismatch: it brought a differing file as a whole, or the
/// last piece of a set in which a finished file differs. A partly written handle is not (restic
/// preallocates all files, closes them, and comes back), nor is anybody while others still write
/// what differs.
bool tells_mismatch(const Judgement& judgement, const Arrival& arrival);
/// The same for a manifest that does not parse: who brought it as a whole is told, or who brought
/// the last of the five files.
bool tells_bad_manifest(const Judgement& judgement, const Arrival& arrival);

/// Which bytes of a file one handle has written.
class WrittenRanges {
 public:
  void add(uint64_t offset, uint64_t size);
  /// The file was cut to this size through the handle.
  void cut(uint64_t size);
  /// All bytes of a file of this size; never of an empty one, which nobody wrote.
  [[nodiscard]] bool covers(uint64_t size) const;

 private:
  std::map<uint64_t, uint64_t> ranges_;  ///< begin -> end, apart from each other
};

}  // namespace vtpmfs::fs
