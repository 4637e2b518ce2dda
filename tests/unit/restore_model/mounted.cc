#include "tests/unit/restore_model/mounted.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "tests/unit/restore_model/contents.h"

namespace vtpmfs::fs::restore_model {

using restore_test::Reply;

Mounted::Mounted() {
  limits_.file_bytes = kFileBytes;
  limits_.total_bytes = kTotalBytes;
  limits_.depth = kDepth;
  nvram_max_ = kNvramMax;
  inventory_.apply({false,
                    true,
                    {enter({"Folder", "group-v12"}, "Payroll", restore_test::kFinance),
                     enter({"VirtualMachine", "vm-3"}, "old", restore_test::kFinance)}});
  folders_ = {{"", restore_test::kVmFolder},
              {"Finance", restore_test::kFinance},
              {"Legal", restore_test::kLegal},
              {"Finance/Payroll", {"Folder", "group-v12"}}};
  machines_ = {{"web", {"VirtualMachine", "vm-1"}},
               {"hidden01", {"VirtualMachine", "vm-2"}},
               {"Finance/old", {"VirtualMachine", "vm-3"}}};
  RestoreWorld::open();
}

Result<NodePtr> Mounted::directory_of(const std::string& path) {
  auto found = find(parent_of(path));
  if (!found) return found;
  const auto attributes = (*found)->attributes();
  // What the kernel answers before it asks.
  if (attributes && attributes->type != NodeType::directory)
    return fail(ENOTDIR, "not a directory");
  return found;
}

int Mounted::settle(const Reply<void>& reply) {
  if (reply.given()) return reply.code();
  waiting_[waited_++] = reply;
  return kWaits;
}

int Mounted::create(const Operation& operation) {
  const std::string path = path_in(operation[2]);
  const auto directory = directory_of(path);
  if (!directory) return directory.error().code.value();
  const int flags = O_RDWR | O_CREAT | (operation[3] == "excl" ? O_EXCL : O_TRUNC);
  Reply<CreatedFile> reply;
  (*directory)->create(name_of(path), 0600, flags, caller_, reply.take());
  const auto made = reply.value();
  if (!made) return made.error().code.value();
  handles_[operation[1]] = {made->file, made->node};
  return 0;
}

int Mounted::open(const Operation& operation) {
  const std::string path = path_in(operation[2]);
  const auto directory = directory_of(path);
  if (!directory) return directory.error().code.value();
  const auto found = find(path);
  if (!found) return found.error().code.value();
  if ((*found)->attributes()->type == NodeType::directory) return EISDIR;
  const bool writes = operation[3] != "read";
  Reply<OpenFilePtr> reply;
  (*found)->open(writes ? O_RDWR | (operation[3] == "trunc" ? O_TRUNC : 0) : O_RDONLY, caller_,
                 reply.take());
  const auto opened = reply.value();
  if (!opened) return opened.error().code.value();
  handles_[operation[1]] = {*opened, *found, writes};
  return 0;
}

/// ftruncate: the kernel sends a setattr with the handle.
int Mounted::cut(const Handle& handle, uint64_t size) {
  AttributeChange change;
  change.size = size;
  Reply<Attributes> reply;
  handle.node->set_attributes(change, handle.file.get(), caller_, reply.take());
  return reply.code();
}

int Mounted::put(const std::string& path, const std::string& bytes) {
  const std::string slot = "put";
  const bool there = directory_of(path) && find(path) && name_of(path) != "restore.status";
  int code = there ? open({"open", slot, path, "trunc"}) : create({"create", slot, path, "excl"});
  if (code != 0) return code;
  const OpenFilePtr file = handles_.at(slot).file;
  if (!bytes.empty()) code = write(file, 0, bytes);
  if (code == 0) code = settle(flush_later(file));
  handles_.erase(slot);
  return code;
}

int Mounted::move(const Operation& operation) {
  const std::string from = path_in(operation[1]);
  const std::string to = path_in(operation[2]);
  const auto source = directory_of(from);
  if (!source) return source.error().code.value();
  const auto target = directory_of(to);
  if (!target) return target.error().code.value();
  if (from == to) return kNothing;  // the kernel does not tell
  const unsigned flags = operation[3] == "noreplace" ? 1 : operation[3] == "exchange" ? 2 : 0;
  Reply<void> reply;
  (*source)->rename(name_of(from), *target, name_of(to), flags, caller_, reply.take());
  return settle(reply);
}

int Mounted::set_attributes(const Operation& operation) {
  const auto found = find(path_in(operation[1]));
  if (!found) return found.error().code.value();
  if (operation[0] == "setxattr") {
    Reply<void> reply;
    (*found)->set_attribute(operation[2], operation[3], 0, caller_, reply.take());
    return reply.code();
  }
  AttributeChange change;
  if (operation[0] == "chmod")
    change.permissions = static_cast<uint32_t>(std::stoul(operation[2], {}, 8));
  if (operation[0] == "utimens")
    change.atime = change.mtime = TimePoint(std::chrono::seconds(std::stoll(operation[2])));
  if (operation[0] == "truncate") {
    if ((*found)->attributes()->type == NodeType::directory) return kNothing;
    change.size = std::stoull(operation[2]);
  }
  Reply<Attributes> reply;
  (*found)->set_attributes(change, nullptr, caller_, reply.take());
  return reply.code();
}

int Mounted::start(const std::string& path, bool commit) {
  const auto found = find(path);
  if (!found) return found.error().code.value();
  if ((*found)->attributes()->type != NodeType::directory) return kNothing;
  Reply<void> reply;
  if (commit)
    (*found)->set_attribute("user.vtpmfs.commit", "1", 0, caller_, reply.take());
  else
    (*found)->fsync_directory(caller_, reply.take());
  return settle(reply);
}

int Mounted::appear(const std::string& path, bool folder) {
  const auto parent = folders_.find(parent_of(path));
  if (parent == folders_.end() || folders_.count(path) > 0 || machines_.count(path) > 0)
    return kNothing;
  const auto found = find(path);
  if (found && (*found)->attributes()->type != NodeType::directory) return kNothing;
  const std::string id = "new-" + std::to_string(++appeared_);
  const cache::MoRef made{folder ? "Folder" : "VirtualMachine", id};
  inventory_.apply({false, true, {enter(made, name_of(path), parent->second)}});
  (folder ? folders_ : machines_)[path] = made;
  return 0;
}

int Mounted::vanish(const std::string& path) {
  const auto leave = [&](std::map<std::string, cache::MoRef>& places) {
    inventory_.apply({false, true, {{vsphere::EntityChange::Kind::leave, places.at(path), {}}}});
    places.erase(path);
    return 0;
  };
  if (machines_.count(path) > 0) return leave(machines_);
  if (path.empty() || folders_.count(path) == 0) return kNothing;
  // One in which the vCenter has something does not go, and one without anything leaves no trace.
  for (const auto& places : {folders_, machines_})
    for (const auto& [other, id] : places)
      if (other.rfind(path + "/", 0) == 0) return kNothing;
  return names(path).empty() ? kNothing : leave(folders_);
}

void Mounted::end(int code) {
  std::vector<restore_test::FakeRestorer::Running> running;
  running.swap(restorer_.running);
  for (auto& one : running) {
    RestoreStatus status;
    status.state = code == 0 ? RestoreStatus::State::done : RestoreStatus::State::failed;
    one.changed(status);
    one.done(code == 0 ? Status() : Status(fail(code, "as the model says")));
  }
}

void Mounted::remount(bool killed) {
  namespace disk = std::filesystem;
  const disk::path now = state_ + "/staging";
  const disk::path left = state_ + "/left";
  if (killed) {
    // What a kill leaves is what lies there before anything is put in order.
    disk::create_directories(left / "data");
    for (const auto& file : disk::recursive_directory_iterator(now))
      if (file.is_regular_file())
        disk::create_hard_link(file.path(), left / disk::relative(file.path(), now));
  }
  restorer_.running.clear();
  waiting_.clear();
  handles_.clear();
  tree_.reset();
  sets_.reset();
  store_.reset();
  if (killed) {
    disk::remove_all(now);
    disk::rename(left, now);
  }
  RestoreWorld::open();
}

int Mounted::run(const Operation& operation) {
  if (names_the_top(operation)) return kNothing;
  const std::string& verb = operation[0];
  const std::string path = operation.size() > 1 ? path_in(operation[1]) : "";
  if (verb == "create") return create(operation);
  if (verb == "open") return open(operation);
  if (verb == "put") return put(path, content(operation[2]));
  if (verb == "rename") return move(operation);
  if (verb == "sync" || verb == "commit") return start(path, verb == "commit");
  if (verb == "chmod" || verb == "utimens" || verb == "truncate" || verb == "setxattr")
    return set_attributes(operation);
  if (verb == "appear") return appear(path, operation[2] == "folder");
  if (verb == "vanish") return vanish(path);
  if (verb == "answers") {
    restorer_.stall = operation[1] == "stall";
    restorer_.fail_with.reset();
    if (operation[1] != "stall" && operation[1] != "ok")
      restorer_.fail_with = Error{Errno{code_of(operation[1])}, "as the model says"};
    return 0;
  }
  if (verb == "end") {
    end(code_of(operation[1]));
    return 0;
  }
  if (verb == "kill" || verb == "remount") {
    remount(verb == "kill");
    return 0;
  }
  if (verb == "mkdir" || verb == "rmdir" || verb == "unlink") {
    const auto directory = directory_of(path);
    if (!directory) return directory.error().code.value();
    if (verb == "mkdir") {
      Reply<NodePtr> reply;
      (*directory)->make_directory(name_of(path), 0755, caller_, reply.take());
      return reply.code();
    }
    Reply<void> reply;
    if (verb == "rmdir")
      (*directory)->remove_directory(name_of(path), caller_, reply.take());
    else
      (*directory)->unlink(name_of(path), caller_, reply.take());
    return reply.code();
  }
  // What is left has a handle.
  const auto handle = handles_.find(operation[1]);
  if (handle == handles_.end()) return kNothing;
  const OpenFilePtr file = handle->second.file;
  if (verb == "flush") return settle(flush_later(file));
  if (verb == "fsync") {
    Reply<void> reply;
    file->fsync(caller_, reply.take());
    return reply.code();
  }
  if (verb == "release") {
    handles_.erase(handle);
    return 0;
  }
  if (!handle->second.writes) return kNothing;
  if (verb == "write") {
    const std::string bytes = content(operation[3]);
    if (bytes.empty()) return kNothing;  // the kernel does not send it
    return write(file, std::stoull(operation[2]), bytes);
  }
  return cut(handle->second, std::stoull(operation[2]));
}

std::map<size_t, int> Mounted::take_answers() {
  std::map<size_t, int> answers;
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    if (!one->second.given()) {
      ++one;
      continue;
    }
    answers[one->first] = one->second.code();
    one = waiting_.erase(one);
  }
  return answers;
}

std::vector<Wish> Mounted::wishes() const {
  std::vector<Wish> wishes;
  for (const RestoreRequest& request : restorer_.requests)
    wishes.push_back({request.vm_name, request.placement.pool.value_or(""), request.folders,
                      request.files, request.manifest_verified});
  return wishes;
}

std::string Mounted::status_difference(const Reference& all, const Entry& model,
                                       const std::string& path, bool shown) {
  const bool is_set = Reference::sight(model).what != Sight::What::folder;
  if (is_set && !shown) return path + ": no restore.status";
  // What runs or has become a VM tells so, also when its files were removed.
  if (!is_set && shown && model.stage == Entry::Stage::open)
    return path + ": a restore.status in a folder";
  if (!shown) return "";
  const std::string text = read(path.empty() ? "restore.status" : path + "/restore.status");
  const auto says = [&](const char* state) {
    return text.find("\"state\": \"" + std::string(state) + "\"") != std::string::npos;
  };
  if (model.stage == Entry::Stage::done) return says("done") ? "" : path + ": not done: " + text;
  if (model.stage == Entry::Stage::running)
    return says("failed") || says("done") ? path + ": ended: " + text : "";
  // What has all that it lists, and cannot be restored, says so once nobody writes in it.
  using What = Sight::What;
  const Sight seen = Reference::sight(model);
  const bool cannot = seen.what == What::differs || seen.what == What::poor ||
                      (seen.what == What::unreadable && !seen.five_missing);
  if (cannot && !all.being_written(model))
    return says("failed") ? "" : path + ": not failed: " + text;
  if (!model.refused.empty() && model.told == Sure::maybe)
    return says("failed") || says("waiting") ? "" : path + ": another state: " + text;
  const bool failed = !model.refused.empty() && model.told == Sure::yes;
  return says(failed ? "failed" : "waiting") ? "" : path + ": another state: " + text;
}

std::string Mounted::differences(const Reference& all, const Entry& model,
                                 const std::string& path) {
  const auto found = find(path);
  if (!found) return path + ": is not there";
  const auto attributes = (*found)->attributes();
  if (!attributes) return path + ": has no attributes";
  if ((attributes->type == NodeType::directory) != model.directory) return path + ": another type";
  if (!path.empty()) {
    if (attributes->permissions != model.mode) return path + ": another mode";
    const auto seconds = TimePoint(std::chrono::seconds(model.mtime.value_or(0)));
    if (model.mtime && attributes->mtime != seconds) return path + ": another mtime";
    if (model.not_mtime && attributes->mtime == TimePoint(std::chrono::seconds(*model.not_mtime)))
      return path + ": new content under the old mtime";
  }
  for (const auto& [name, value] : model.xattrs) {
    Reply<std::string> reply;
    (*found)->get_attribute(name, caller_, reply.take());
    if (reply.value().value_or("?") != value) return path + ": another " + name;
  }
  if (!model.directory) {
    if (attributes->size != model.bytes.size()) return path + ": another size";
    return read(path) == model.bytes ? "" : path + ": other bytes";
  }
  std::set<std::string> listed;
  for (const std::string& name : names(path)) listed.insert(name);
  const bool shown = listed.erase("restore.status") > 0;
  if (auto difference = status_difference(all, model, path, shown); !difference.empty())
    return difference;
  for (const auto& [name, child] : model.children) {
    if (listed.erase(name) == 0) return path + ": does not list " + name;
    auto difference = differences(all, *child, path.empty() ? name : path + "/" + name);
    if (!difference.empty()) return difference;
  }
  return listed.empty() ? "" : path + ": lists " + *listed.begin();
}

}  // namespace vtpmfs::fs::restore_model
