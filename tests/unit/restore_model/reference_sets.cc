// When a directory is a VM's set, when it is complete, and what comes of it.
#include <algorithm>
#include <cerrno>

#include "cache/saved/config_file.h"
#include "cache/saved/sha256.h"
#include "tests/unit/restore_model/contents.h"
#include "tests/unit/restore_model/reference.h"

namespace vtpmfs::fs::restore_model {
namespace {

const std::string kManifest = "SHA256SUMS";
const std::set<std::string> kFive{"keyId", "encryption.bundle", "firmware", "vtpm.json", "nvram"};

std::map<std::string, std::string> files_of(const Entry& directory) {
  std::map<std::string, std::string> files;
  for (const auto& [name, child] : directory.children)
    if (!child->directory && takes_part(name)) files[name] = child->bytes;
  return files;
}

/// Name and hash of each line; empty for what is no manifest.
std::map<std::string, std::string> lines_of(const std::string& manifest) {
  std::map<std::string, std::string> sums;
  std::istringstream text(manifest);
  for (std::string line; std::getline(text, line);) {
    if (line.size() < 67 || line[64] != ' ' || (line[65] != ' ' && line[65] != '*')) return {};
    const std::string hash = line.substr(0, 64);
    const std::string name = line.substr(66);
    if (hash.find_first_not_of("0123456789abcdef") != std::string::npos) return {};
    if (name == kManifest || !takes_part(name)) return {};
    if (!sums.emplace(name, hash).second) return {};
  }
  return sums;
}

/// Nobody is at it, and no write of it failed.
bool is_finished(const Entry& file) {
  return file.finished == Sure::yes && !file.broken;
}

bool says_no_nvram(const std::map<std::string, std::string>& files) {
  const auto config = files.find("config.json");
  if (config == files.end()) return false;
  const auto read = cache::parse_config(config->second);
  return read && read->origin && read->origin->no_nvram;
}

/// Whether the set names another VM, and lies in a new directory with the name of that VM's folder.
bool slipped(const Entry& directory, const cache::SavedOrigin& origin) {
  const std::string path = origin.inventory_path.value_or("");
  const std::string above =
      path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  return !directory.folder && origin.raw_name && *origin.raw_name != directory.name &&
         above.substr(above.rfind('/') + 1) == directory.name;
}

}  // namespace

Sight Reference::sight(const Entry& directory) {
  Sight seen;
  const auto files = files_of(directory);
  if (files.count("keyId") + files.count("encryption.bundle") + files.count("vtpm.json") +
          files.count("nvram") ==
      0)
    return seen;
  const bool none = says_no_nvram(files);
  for (const std::string& name : kFive)
    if (files.count(name) == 0 && !(name == "nvram" && none)) seen.five_missing = true;
  const auto manifest = files.find(kManifest);
  seen.what = Sight::What::no_manifest;
  if (manifest == files.end() || manifest->second.empty()) return seen;
  seen.what = Sight::What::too_large;
  if (manifest->second.size() > 4096) return seen;
  seen.what = Sight::What::unreadable;
  const auto sums = lines_of(manifest->second);
  if (sums.empty()) return seen;
  bool missing = false;
  for (const auto& [name, hash] : sums) {
    seen.listed.insert(name);
    const auto file = files.find(name);
    if (file == files.end())
      missing = true;
    else if (cache::hex(cache::sha256(file->second)) != hash)
      seen.differing.insert(name);
  }
  bool poor = false;
  for (const std::string& name : kFive)
    if (sums.count(name) == 0 && !(name == "nvram" && none && sums.count("config.json") > 0))
      poor = true;
  seen.what = missing                   ? Sight::What::missing
              : !seen.differing.empty() ? Sight::What::differs
              : poor                    ? Sight::What::poor
                                        : Sight::What::whole;
  return seen;
}

/// EBADMSG goes to the flush of a handle that wrote a wrong file from its start to its end, and to
/// the flush or rename that brought the last piece; the flush of a partly written handle answers 0.
Reference::Codes Reference::told_of_mismatch(const Entry& directory, const Sight& seen,
                                             const Arrival& arrival) {
  if (arrival.whole == Sure::no) return {0};
  if (seen.differing.count(arrival.name) > 0) return {EBADMSG};
  const bool finished = std::any_of(
      seen.differing.begin(), seen.differing.end(),
      [&](const std::string& name) { return is_finished(*directory.children.at(name)); });
  // Who is still writing what differs will be told; whether others are, the page leaves open.
  if (!finished) return {0, EBADMSG};
  const bool counts = arrival.name == kManifest || seen.listed.count(arrival.name) > 0;
  const bool unlisted_before = directory.last && (directory.last->what == Sight::What::unreadable ||
                                                  directory.last->what == Sight::What::too_large ||
                                                  directory.last->what == Sight::What::poor);
  if (arrival.name.empty() || (counts && directory.appeared.count(arrival.name) > 0) ||
      (arrival.name == kManifest && unlisted_before))
    return {EBADMSG};
  if (directory.last && directory.last->what == Sight::What::differs && directory.appeared.empty())
    return {0};
  return {0, EBADMSG};
}

Reference::Codes Reference::told_of_manifest(const Entry& directory, const Sight& seen,
                                             const Arrival& arrival) {
  if (arrival.whole == Sure::no) return {0};
  if (arrival.name == kManifest) return {EINVAL};
  if (seen.five_missing) return {0};
  if (is_finished(*directory.children.at(kManifest))) return {EINVAL};
  return {0, EINVAL};
}

Reference::Codes Reference::arrived(const EntryPtr& directory, const Arrival& arrival, int actual) {
  if (hidden(*directory) || directory->stage == Entry::Stage::done) return {0};
  if (directory->stage == Entry::Stage::running) {
    waiter_.sets.insert(directory);
    return {kWaits};
  }
  const Sight seen = sight(*directory);
  Codes may{0};
  Codes error;
  if (seen.what == Sight::What::differs) {
    may = told_of_mismatch(*directory, seen, arrival);
    if (arrival.whole == Sure::maybe) may.insert(0);
    error = {EBADMSG};
  } else if (seen.what == Sight::What::unreadable) {
    may = told_of_manifest(*directory, seen, arrival);
    if (arrival.whole == Sure::maybe) may.insert(0);
    error = {EINVAL};
  } else if (seen.what == Sight::What::too_large) {
    may = error = {EFBIG};
  } else if (seen.what == Sight::What::poor) {
    may = error = {EINVAL};
  }
  const bool was_told = !error.empty() && may.count(*error.begin()) > 0 &&
                        (may.count(0) == 0 || actual == *error.begin());
  directory->last = seen;
  directory->appeared.clear();
  directory->refused = error;
  // A rename may answer for several that were looked at.
  const bool certain = may.count(0) == 0 || actual == 0 || !answers_for_several_;
  directory->told = !was_told ? Sure::no : certain ? Sure::yes : Sure::maybe;
  // Half a set with a manifest that cannot be read yet is one that is arriving.
  if (seen.what == Sight::What::unreadable && seen.five_missing && !was_told)
    directory->refused.clear();
  return seen.what == Sight::What::whole ? begin(directory, true) : may;
}

Reference::Codes Reference::together(const Codes& one, const Codes& other) {
  Codes errors;
  bool well = true;
  bool waits = false;
  for (const Codes& codes : {one, other}) {
    waits = waits || codes.count(kWaits) > 0;
    well = well && (codes.count(0) > 0 || codes.count(kWaits) > 0);
    for (const int code : codes)
      if (code > 0) errors.insert(code);
  }
  if (!waits) {
    if (well) errors.insert(0);
    return errors;
  }
  waiter_.errors.merge(errors);
  waiter_.failed = waiter_.failed || !well;
  return {kWaits};
}

Reference::Codes Reference::arrived_below(const EntryPtr& directory, int actual) {
  Codes may{0};
  if (hidden(*directory)) return may;
  for (const auto& [name, child] : directory->children)
    if (child->directory) may = together(may, arrived_below(child, actual));
  if (sight(*directory).what == Sight::What::folder) return may;
  return together(may, arrived(directory, {""}, actual));
}

Reference::Codes Reference::against_place(const Entry& directory, const Wish& wish) const {
  Codes against;
  if (&directory == root_.get())
    against.insert(EINVAL);
  else if (directory.folder)
    against.insert(EEXIST);
  for (EntryPtr above = directory.parent.lock(); above; above = above->parent.lock())
    if (sight(*above).what != Sight::What::folder) against.insert(EINVAL);
  if (directory.name.size() > 80) against.insert(EINVAL);
  if (const auto config = wish.files.find("config.json"); config != wish.files.end()) {
    const auto read = cache::parse_config(config->second);
    if (!read) against.insert(EINVAL);
    if (read && read->origin && slipped(directory, *read->origin)) against.insert(EINVAL);
  }
  // Of the other files more is believed than these tests stage.
  for (const auto& [name, limit] : std::map<std::string, size_t>{
           {"nvram", kNvramMax}, {"firmware", 256}, {"keyId", 65'536}, {"SHA256SUMS", 4096}})
    if (const auto file = wish.files.find(name);
        file != wish.files.end() && file->second.size() > limit)
      against.insert(EFBIG);
  return against;
}

Reference::Codes Reference::begin(const EntryPtr& directory, bool verified) {
  Wish wish;
  wish.verified = verified;
  wish.files = files_of(*directory);
  if (verified) {
    const auto listed = sight(*directory).listed;
    for (auto file = wish.files.begin(); file != wish.files.end();)
      file = file->first == kManifest || listed.count(file->first) > 0 ? std::next(file)
                                                                       : wish.files.erase(file);
  }
  directory->refused = against_place(*directory, wish);
  directory->told = Sure::yes;
  if (!directory->refused.empty()) return directory->refused;
  if (const auto pool = directory->xattrs.find("user.vtpmfs.pool"); pool != directory->xattrs.end())
    wish.pool = pool->second;
  wish.folders = path_of(*directory);
  wish.name = wish.folders.back();
  wish.folders.pop_back();
  wishes_.push_back(wish);
  if (answer_ == "stall") {
    directory->stage = Entry::Stage::running;
    waiter_.sets.insert(directory);
    return {kWaits};
  }
  if (answer_ == "ok")
    directory->stage = Entry::Stage::done;
  else
    directory->refused = {code_of(answer_)};
  return {code_of(answer_)};
}

std::vector<std::string> Reference::path_of(const Entry& directory) {
  const EntryPtr parent = directory.parent.lock();
  if (!parent) return {};
  auto path = path_of(*parent);
  path.push_back(directory.name);
  return path;
}

Reference::Codes Reference::start(const std::string& path, bool commit, int /*actual*/) {
  const Found at = path.empty() ? Found{nullptr, root_, "", 0} : find(path);
  if (at.error != 0) return {at.error};
  if (!at.entry) return {ENOENT};
  if (!at.entry->directory) return {kNothing};
  Entry& directory = *at.entry;
  if (directory.stage == Entry::Stage::done) return {0};
  if (directory.stage == Entry::Stage::running) {
    waiter_.sets.insert(at.entry);
    return {kWaits};
  }
  const Codes nothing{commit ? EINVAL : 0};
  if (hidden(directory)) return nothing;
  const Sight seen = sight(directory);
  Codes broken;
  const auto refuse = [&](int code) {
    directory.refused = {code};
    directory.told = Sure::yes;
    return directory.refused;
  };
  switch (seen.what) {
    case Sight::What::no_manifest:
      // One that is there, and empty, is still to be written.
      if (seen.five_missing || files_of(directory).count(kManifest) > 0) break;
      // Nobody vouches for bytes that are known to be missing.
      for (const std::string& name : roles())
        if (const auto file = directory.children.find(name);
            file != directory.children.end() && file->second->broken)
          broken.insert(*file->second->broken);
      if (broken.empty()) return begin(at.entry, false);
      directory.refused = broken;
      directory.told = Sure::yes;
      return broken;
    case Sight::What::unreadable:
      if (!seen.five_missing) return refuse(EINVAL);
      break;
    case Sight::What::differs:
      return refuse(EBADMSG);
    case Sight::What::poor:
      return refuse(EINVAL);
    case Sight::What::too_large:
      return refuse(EFBIG);
    case Sight::What::whole:
      return begin(at.entry, true);
    case Sight::What::folder:
    case Sight::What::missing:
      break;
  }
  directory.refused.clear();
  return nothing;
}

void Reference::end(int code) {
  std::vector<EntryPtr> running;
  std::vector<EntryPtr> pending{root_};
  while (!pending.empty()) {
    const EntryPtr one = pending.back();
    pending.pop_back();
    for (const auto& [name, child] : one->children) pending.push_back(child);
    if (one->stage != Entry::Stage::running) continue;
    one->stage = code == 0 ? Entry::Stage::done : Entry::Stage::open;
    if (code != 0) one->refused = {code};
    one->told = Sure::yes;
  }
  for (size_t number = 0; number < waiters_.size(); ++number) {
    if (!waiters_[number]) continue;
    Codes may = waiters_[number]->errors;
    if (code != 0)
      may.insert(code);
    else if (!waiters_[number]->failed)
      may.insert(0);
    answers_[number] = may;
    waiters_[number].reset();
  }
}

EntryPtr Reference::empty_folder() {
  auto folder = std::make_shared<Entry>();
  folder->directory = folder->folder = true;
  folder->mode = 0700;
  return folder;
}

EntryPtr Reference::without_what_is_staged(const Entry& staged) {
  const EntryPtr folder = empty_folder();
  folder->machines = staged.machines;
  for (const auto& [name, child] : staged.children)
    if (child->folder) attach(without_what_is_staged(*child), folder, name);
  return folder;
}

void Reference::remount() {
  handles_.clear();
  for (auto& waiter : waiters_) waiter.reset();
  std::vector<EntryPtr> pending{root_};
  while (!pending.empty()) {
    const EntryPtr one = pending.back();
    pending.pop_back();
    one->stage = Entry::Stage::open;
    one->refused.clear();
    one->told = Sure::no;
    one->last.reset();
    one->appeared.clear();
    one->finished = Sure::yes;
    for (auto child = one->children.begin(); child != one->children.end();) {
      // What has become a VM ends with the mount.
      if (child->second->stage == Entry::Stage::done) {
        const EntryPtr gone = child->second;
        child = one->children.erase(child);
        if (gone->folder) attach(without_what_is_staged(*gone), one, gone->name);
      } else {
        pending.push_back(child->second);
        ++child;
      }
    }
  }
}

}  // namespace vtpmfs::fs::restore_model
