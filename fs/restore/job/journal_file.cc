#include "fs/restore/job/journal_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "cache/saved/sha256.h"

namespace vtpmfs::fs {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kVersion = 2;

constexpr std::pair<RestoreRecord::State, const char*> kStates[] = {
    {RestoreRecord::State::begun, "begun"},
    {RestoreRecord::State::creating, "creating"},
    {RestoreRecord::State::created, "created"},
    {RestoreRecord::State::verified, "verified"},
    {RestoreRecord::State::done, "done"},
    {RestoreRecord::State::rolled_back, "rolled-back"},
    {RestoreRecord::State::left_behind, "left-behind"},
};

tl::unexpected<Error> disk_error(const std::string& path) {
  const int code = errno;
  return fail(code, path + ": " + std::generic_category().message(code));
}

Json reference(const vsphere::MoRef& ref) {
  return Json{{"type", ref.type}, {"value", ref.value}};
}
vsphere::MoRef reference(const Json& json) {
  return {json.at("type").get<std::string>(), json.at("value").get<std::string>()};
}

Json to_json(const RestoreRecord& record) {
  Json out;
  out["state"] = record_state_name(record.state);
  out["id"] = record.id;
  out["vcenter"] = record.vcenter;
  out["mark"] = record.mark;
  out["instanceUuid"] = record.instance_uuid;
  out["folder"] = reference(record.folder);
  out["name"] = record.name;
  if (record.task) out["task"] = reference(*record.task);
  if (record.vm) out["vm"] = reference(*record.vm);
  out["foldersMade"] = Json::array();
  for (const auto& folder : record.folders_made) out["foldersMade"].push_back(reference(folder));
  out["staged"] = record.staged;
  out["files"] = record.files;
  out["vmFolder"] = reference(record.vm_folder);
  out["folders"] = record.folders;
  out["sent"] =
      std::chrono::duration_cast<std::chrono::seconds>(record.sent.time_since_epoch()).count();
  out["annotation"] = record.annotation;
  out["asTemplate"] = record.as_template;
  return out;
}

RestoreRecord from_json(const Json& json) {
  RestoreRecord record;
  const auto state = json.at("state").get<std::string>();
  bool known = false;
  for (const auto& [value, name] : kStates)
    if (state == name) {
      record.state = value;
      known = true;
    }
  if (!known) throw std::invalid_argument("state");
  record.id = json.at("id").get<std::string>();
  record.vcenter = json.at("vcenter").get<std::string>();
  record.mark = json.at("mark").get<std::string>();
  record.instance_uuid = json.at("instanceUuid").get<std::string>();
  record.folder = reference(json.at("folder"));
  record.name = json.at("name").get<std::string>();
  if (json.contains("task")) record.task = reference(json.at("task"));
  if (json.contains("vm")) record.vm = reference(json.at("vm"));
  for (const Json& folder : json.at("foldersMade"))
    record.folders_made.push_back(reference(folder));
  record.staged = json.at("staged").get<uint64_t>();
  if (json.contains("files"))
    record.files = json.at("files").get<std::map<std::string, std::string>>();
  record.vm_folder = reference(json.at("vmFolder"));
  record.folders = json.at("folders").get<std::vector<std::string>>();
  record.sent =
      std::chrono::system_clock::time_point(std::chrono::seconds(json.at("sent").get<int64_t>()));
  record.annotation = json.at("annotation").get<std::string>();
  record.as_template = json.at("asTemplate").get<bool>();
  // Nobody can go on to the end with a VM that is not named.
  if ((record.state == RestoreRecord::State::verified ||
       record.state == RestoreRecord::State::done) &&
      !record.vm)
    throw std::invalid_argument("vm");
  return record;
}

/// A file descriptor that is closed.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Status write_durably(const std::string& path, const std::string& text) {
  const Descriptor file{
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (file.fd < 0) return disk_error(path);
  for (size_t at = 0; at < text.size();) {
    const ssize_t put = ::write(file.fd, text.data() + at, text.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return disk_error(path);
    at += static_cast<size_t>(put);
  }
  if (fsync(file.fd) != 0) return disk_error(path);
  return {};
}

Result<std::vector<std::string>> file_names(const std::string& path) {
  struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
  };
  const std::unique_ptr<DIR, CloseDirectory> listing(opendir(path.c_str()));
  if (!listing) return disk_error(path);
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own
  while (const dirent* entry = readdir(listing.get())) names.emplace_back(entry->d_name);
  return names;
}

Status sync_directory(const std::string& path) {
  const Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0 || fsync(folder.fd) != 0) return disk_error(path);
  return {};
}

}  // namespace

std::string record_state_name(RestoreRecord::State state) {
  for (const auto& [value, name] : kStates)
    if (value == state) return name;
  return "unknown";
}

Result<std::unique_ptr<JournalDirectory>> JournalDirectory::open(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return disk_error(directory);
  // A record is no more durable than the directory that it lies in.
  const std::string parent = std::filesystem::path(directory).parent_path();
  if (auto kept = sync_directory(parent.empty() ? "." : parent); !kept) return fail(kept.error());
  auto journal = std::unique_ptr<JournalDirectory>(new JournalDirectory(directory));
  if (auto cleared = journal->clear_unfinished(); !cleared) return fail(cleared.error());
  return journal;
}

Status JournalDirectory::write(const RestoreRecord& record) {
  const std::string body = to_json(record).dump(-1, ' ', true, Json::error_handler_t::replace);
  Json envelope;
  envelope["version"] = kVersion;
  envelope["sha256"] = cache::hex(cache::sha256(body));
  envelope["record"] = body;
  const std::string path = directory_ + "/" + record.id + ".json";
  if (auto written = write_durably(path + ".new", envelope.dump() + "\n"); !written) {
    unlink((path + ".new").c_str());
    return written;
  }
  if (rename((path + ".new").c_str(), path.c_str()) != 0) return disk_error(path);
  return sync_directory(directory_);
}

void JournalDirectory::remove(const RestoreRecord& record) {
  // What stays for want of a right or a disk says that the restore is over: its last state is
  // final.
  unlink((directory_ + "/" + record.id + ".json").c_str());
}

/// What was being written when an earlier mount was killed: the record of before counts.
Status JournalDirectory::clear_unfinished() const {
  const auto files = file_names(directory_);
  if (!files) return fail(files.error());
  for (const std::string& file : *files)
    if (file.ends_with(".json.new")) unlink((directory_ + "/" + file).c_str());
  return {};
}

Result<JournalDirectory::Left> JournalDirectory::left_in(const std::string& directory) {
  const auto files = file_names(directory);
  if (!files) return fail(files.error());
  Left found;
  for (const std::string& file : *files) {
    if (!file.ends_with(".json")) continue;
    std::ifstream stream(directory + "/" + file, std::ios::binary);
    if (!stream && access((directory + "/" + file).c_str(), F_OK) != 0) continue;  // just removed
    std::ostringstream text;
    text << stream.rdbuf();
    try {
      const Json envelope = Json::parse(text.str());
      const auto body = envelope.at("record").get<std::string>();
      if (envelope.at("version").get<int>() != kVersion ||
          envelope.at("sha256").get<std::string>() != cache::hex(cache::sha256(body)))
        throw std::invalid_argument("checksum");
      found.records.push_back(from_json(Json::parse(body)));
    } catch (const std::exception&) {
      found.damaged.push_back(file);
    }
  }
  return found;
}

}  // namespace vtpmfs::fs
