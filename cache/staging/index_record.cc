#include "cache/staging/index_record.h"

#include <cstring>

namespace vtpmfs::cache {
namespace {

// Little-endian by construction, so that a state directory may move to another machine.
void put(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_time(std::string& out, WallTime time) {
  put(out, static_cast<uint64_t>(time.time_since_epoch().count()), 8);
}

void put_text(std::string& out, const std::string& text) {
  put(out, text.size(), 4);
  out += text;
}

/// Takes values off the front; `good` turns false where the bytes end early.
struct Taker {
  std::string_view rest;
  bool good = true;

  uint64_t number(size_t bytes) {
    if (rest.size() < bytes) {
      good = false;
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
    rest.remove_prefix(bytes);
    return value;
  }
  WallTime time() { return WallTime(std::chrono::nanoseconds(static_cast<int64_t>(number(8)))); }
  std::string text() {
    const uint64_t size = number(4);
    if (!good || rest.size() < size) {
      good = false;
      return {};
    }
    std::string out(rest.substr(0, size));
    rest.remove_prefix(size);
    return out;
  }
};

}  // namespace

std::string encode_record(const IndexRecord& record) {
  std::string out;
  put(out, static_cast<uint8_t>(record.action), 1);
  put(out, (record.directory ? 1U : 0U) | (record.mtime_set ? 2U : 0U), 1);
  put(out, record.id, 8);
  put(out, record.parent, 8);
  put(out, record.permissions, 4);
  put(out, record.uid, 4);
  put(out, record.gid, 4);
  put_time(out, record.atime);
  put_time(out, record.mtime);
  put_time(out, record.ctime);
  put_text(out, record.name);
  put_text(out, record.value);
  return out;
}

std::optional<IndexRecord> decode_record(std::string_view bytes) {
  Taker taker{bytes};
  IndexRecord record;
  const uint64_t action = taker.number(1);
  const uint64_t flags = taker.number(1);
  if (action < 1 || action > static_cast<uint8_t>(IndexAction::incomplete)) return std::nullopt;
  record.action = static_cast<IndexAction>(action);
  record.directory = (flags & 1U) != 0;
  record.mtime_set = (flags & 2U) != 0;
  record.id = taker.number(8);
  record.parent = taker.number(8);
  record.permissions = static_cast<uint32_t>(taker.number(4));
  record.uid = static_cast<uint32_t>(taker.number(4));
  record.gid = static_cast<uint32_t>(taker.number(4));
  record.atime = taker.time();
  record.mtime = taker.time();
  record.ctime = taker.time();
  record.name = taker.text();
  record.value = taker.text();
  if (!taker.good || !taker.rest.empty()) return std::nullopt;
  return record;
}

}  // namespace vtpmfs::cache
