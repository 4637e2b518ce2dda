#include "fs/audit/set_facts.h"

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {

uint64_t max_bytes_of(std::string_view name, uint64_t nvram_max) {
  if (name == cache::kKeyIdFile) return cache::kKeyIdMaxBytes;
  if (name == cache::kBundleFile) return cache::kBundleMaxBytes;
  if (name == cache::kFirmwareFile) return cache::kFirmwareMaxBytes;
  if (name == cache::kVtpmFile) return cache::kVtpmMaxBytes;
  if (name == cache::kConfigFile) return cache::kConfigMaxBytes;
  if (name == cache::kSha256SumsFile) return cache::kSha256SumsMaxBytes;
  return nvram_max;
}

const std::string* SetFacts::text(std::string_view name) const {
  const auto file = files.find(name);
  if (file == files.end() || file->second.state != FileContent::State::whole) return nullptr;
  return &file->second.bytes;
}

const cache::SavedOrigin* SetFacts::origin() const {
  if (!parsed.config || !*parsed.config || !(*parsed.config)->origin) return nullptr;
  return &*(*parsed.config)->origin;
}

SetFacts read_set(const TreeDirectory& directory, SetNames names, const ReadTerms& terms) {
  SetFacts facts;
  for (const std::string& name : names.known) {
    const bool is_nvram = name == cache::kNvramFile;
    if (!terms.device && (is_nvram || name == cache::kVtpmFile)) continue;
    facts.files[name] = directory.read(name, max_bytes_of(name, terms.nvram_max), !is_nvram);
  }
  facts.names = std::move(names);
  std::map<std::string, std::string> texts;
  for (const auto& [name, file] : facts.files)
    if (file.state == FileContent::State::whole) texts[name] = file.bytes;
  facts.parsed = cache::parse_files(texts);
  return facts;
}

}  // namespace vtpmfs::fs
