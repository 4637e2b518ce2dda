// One change of the staging namespace, as it is written to the index log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/clock.h"
#include "cache/staging_store.h"

namespace vtpmfs::cache {

/// What happened to an entry. Numbers are the format on disk: never change one, only add.
enum class IndexAction : uint8_t {
  next_id = 1,     ///< id: no number below it is ever given out again
  root = 2,        ///< id, name: the staging root of datacenter `name`
  create = 3,      ///< id, parent, name, directory, permissions, uid, gid, times
  unlink = 4,      ///< parent, name
  rename = 5,      ///< parent, name, id = new parent, value = new name; what was there is replaced
  exchange = 6,    ///< the same, both stay
  attributes = 7,  ///< id, permissions, uid, gid, times, mtime_set
  set_xattr = 8,   ///< id, name, value
  remove_xattr = 9,
  temporary = 10,  ///< id: with all below it, gone when the store is opened the next time
  incomplete = 11  ///< id, value: the errno of a write that failed; empty: all is there again
};

struct IndexRecord {
  IndexAction action = IndexAction::next_id;
  StagedId id = 0;
  StagedId parent = 0;
  bool directory = false;
  bool mtime_set = false;  ///< mtime was set by a user, not by writing
  uint32_t permissions = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  WallTime atime, mtime, ctime;
  std::string name;
  std::string value;
};

/// The record's bytes, without length and checksum.
std::string encode_record(const IndexRecord& record);
/// Empty for bytes that are no record of this version.
std::optional<IndexRecord> decode_record(std::string_view bytes);

}  // namespace vtpmfs::cache
