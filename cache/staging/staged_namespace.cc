#include "cache/staging/staged_namespace.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace vtpmfs::cache {
namespace {

constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE
constexpr unsigned kExchange = 2;   // RENAME_EXCHANGE
constexpr size_t kLongestName = 255;

}  // namespace

StagedNode* StagedNamespace::find(StagedId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const StagedNode* StagedNamespace::find(StagedId id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

StagedId StagedNamespace::root_of(const std::string& datacenter) const {
  const auto found = roots_.find(datacenter);
  return found == roots_.end() ? 0 : found->second;
}

bool StagedNamespace::is_root(StagedId id) const {
  return std::any_of(roots_.begin(), roots_.end(),
                     [id](const auto& root) { return root.second == id; });
}

Result<StagedId> StagedNamespace::child(StagedId directory, const std::string& name) const {
  const StagedNode* node = find(directory);
  if (node == nullptr) return fail(ENOENT, "the staged directory is gone");
  if (!node->directory) return fail(ENOTDIR, "not a directory");
  const auto found = node->children.find(name);
  if (found == node->children.end()) return fail(ENOENT, "no staged '" + name + "'");
  return found->second;
}

uint32_t StagedNamespace::depth(StagedId id) const {
  uint32_t levels = 0;
  for (const StagedNode* node = find(id); node != nullptr && node->parent != 0;
       node = find(node->parent))
    ++levels;
  return levels;
}

uint32_t StagedNamespace::height(StagedId id) const {
  const StagedNode* node = find(id);
  uint32_t levels = 0;
  if (node != nullptr)
    for (const auto& [name, child] : node->children) levels = std::max(levels, 1 + height(child));
  return levels;
}

bool StagedNamespace::is_below(StagedId id, StagedId ancestor) const {
  while (id != 0) {
    if (id == ancestor) return true;
    const StagedNode* node = find(id);
    id = node == nullptr ? 0 : node->parent;
  }
  return false;
}

Status StagedNamespace::may_create(StagedId directory, const std::string& name,
                                   const StagingLimits& limits) const {
  const auto present = child(directory, name);
  if (present) return fail(EEXIST, "'" + name + "' is staged already");
  if (present.error().code != Errno{ENOENT} || find(directory) == nullptr)
    return fail(present.error());
  const StagedNode* node = find(directory);
  if (node->parent == 0 && !is_root(directory))
    return fail(ENOENT, "the staged directory was removed");
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    return fail(EINVAL, "not a name");
  if (name.size() > kLongestName) return fail(ENAMETOOLONG, "a name has at most 255 bytes");
  if (nodes_.size() >= limits.entries)
    return fail(ENOSPC, "restore/ holds as many files as it may");
  if (depth(directory) + 1 > limits.depth) return fail(ELOOP, "restore/ is nested too deeply");
  return {};
}

Status StagedNamespace::may_unlink(StagedId directory, const std::string& name) const {
  const auto id = child(directory, name);
  if (!id) return fail(id.error());
  if (find(*id)->directory) return fail(EISDIR, "'" + name + "' is a directory");
  return {};
}

Status StagedNamespace::may_remove_directory(StagedId directory, const std::string& name) const {
  const auto id = child(directory, name);
  if (!id) return fail(id.error());
  const StagedNode* node = find(*id);
  if (!node->directory) return fail(ENOTDIR, "'" + name + "' is not a directory");
  if (!node->children.empty()) return fail(ENOTEMPTY, "'" + name + "' is not empty");
  return {};
}

Status StagedNamespace::may_rename(StagedId from, const std::string& name, StagedId to,
                                   const std::string& new_name, unsigned flags,
                                   const StagingLimits& limits) const {
  if ((flags & ~(kNoReplace | kExchange)) != 0 || flags == (kNoReplace | kExchange))
    return fail(EINVAL, "unknown flags of rename");
  const auto moved = child(from, name);
  if (!moved) return fail(moved.error());
  const StagedNode* node = find(*moved);
  const auto replaced = child(to, new_name);
  if (!replaced && (flags & kExchange) != 0) return fail(replaced.error());
  if (!replaced) {
    StagingLimits roomy = limits;
    ++roomy.entries;  // nothing is added
    if (auto may = may_create(to, new_name, roomy); !may) return may;
  }
  if (is_below(to, *moved)) return fail(EINVAL, "a directory cannot be moved into itself");
  if (depth(to) + 1 + height(*moved) > limits.depth)
    return fail(ELOOP, "restore/ would be nested too deeply");
  if (replaced && (flags & kNoReplace) != 0)
    return fail(EEXIST, "'" + new_name + "' is staged already");
  if (!replaced || *replaced == *moved) return {};
  const StagedNode* target = find(*replaced);
  if ((flags & kExchange) != 0) {
    if (is_below(from, *replaced)) return fail(EINVAL, "a directory cannot be moved into itself");
    if (depth(from) + 1 + height(*replaced) > limits.depth)
      return fail(ELOOP, "restore/ would be nested too deeply");
    return {};
  }
  if (node->directory && !target->directory)
    return fail(ENOTDIR, "'" + new_name + "' is not a directory");
  if (!node->directory && target->directory)
    return fail(EISDIR, "'" + new_name + "' is a directory");
  if (target->directory && !target->children.empty())
    return fail(ENOTEMPTY, "'" + new_name + "' is not empty");
  return {};
}

void StagedNamespace::attach(StagedId id, StagedId directory, const std::string& name,
                             WallTime when) {
  StagedNode* parent = find(directory);
  StagedNode* node = find(id);
  if (parent == nullptr || node == nullptr || !parent->directory) return;
  parent->children[name] = id;
  if (node->directory) ++parent->subdirectories;
  parent->mtime = parent->ctime = when;
  node->parent = directory;
  node->name = name;
}

std::vector<StagedId> StagedNamespace::detach(StagedId directory, const std::string& name,
                                              WallTime when) {
  StagedNode* parent = find(directory);
  const auto id = child(directory, name);
  if (parent == nullptr || !id) return {};
  parent->children.erase(name);
  if (find(*id)->directory) --parent->subdirectories;
  parent->mtime = parent->ctime = when;
  find(*id)->parent = 0;
  find(*id)->ctime = when;
  return {*id};
}

std::vector<StagedId> StagedNamespace::apply_rename(const IndexRecord& record) {
  const auto moved = child(record.parent, record.name);
  if (!moved) return {};
  const auto target = child(record.id, record.value);
  if (target && *target == *moved) return {};
  if (const StagedNode* to = find(record.id);
      to == nullptr || !to->directory || is_below(record.id, *moved))
    return {};
  std::vector<StagedId> gone;
  detach(record.parent, record.name, record.ctime);
  if (target) detach(record.id, record.value, record.ctime);
  if (target && record.action == IndexAction::rename) gone.push_back(*target);
  attach(*moved, record.id, record.value, record.ctime);
  if (target && record.action == IndexAction::exchange)
    attach(*target, record.parent, record.name, record.ctime);
  return gone;
}

std::vector<StagedId> StagedNamespace::apply(const IndexRecord& record) {
  next_id_ = std::max(next_id_, record.id + 1);
  switch (record.action) {
    case IndexAction::next_id:
      next_id_ = std::max(next_id_, record.id);
      return {};
    case IndexAction::root:
    case IndexAction::create: {
      if (record.id == 0 || nodes_.count(record.id) > 0) return {};
      if (record.action == IndexAction::create) {
        const StagedNode* above = find(record.parent);
        if (above == nullptr || !above->directory || above->children.count(record.name) > 0)
          return {};
      }
      StagedNode node;
      node.name = record.name;
      node.directory = record.directory || record.action == IndexAction::root;
      node.mtime_set = record.mtime_set;
      node.permissions = record.permissions;
      node.uid = record.uid;
      node.gid = record.gid;
      node.atime = record.atime;
      node.mtime = record.mtime;
      node.ctime = record.ctime;
      nodes_[record.id] = std::move(node);
      if (record.action == IndexAction::root)
        roots_[record.name] = record.id;
      else
        attach(record.id, record.parent, record.name, record.ctime);
      return {};
    }
    case IndexAction::unlink:
      return detach(record.parent, record.name, record.ctime);
    case IndexAction::rename:
    case IndexAction::exchange:
      return apply_rename(record);
    case IndexAction::attributes:
      if (StagedNode* node = find(record.id)) {
        node->permissions = record.permissions;
        node->uid = record.uid;
        node->gid = record.gid;
        node->atime = record.atime;
        node->mtime = record.mtime;
        node->ctime = record.ctime;
        node->mtime_set = record.mtime_set;
      }
      return {};
    case IndexAction::set_xattr:
    case IndexAction::remove_xattr:
      if (StagedNode* node = find(record.id)) {
        if (record.action == IndexAction::set_xattr)
          node->xattrs[record.name] = record.value;
        else
          node->xattrs.erase(record.name);
        // A snapshot's records carry no time: the one that the node has is right.
        if (record.ctime != WallTime{}) node->ctime = record.ctime;
      }
      return {};
    case IndexAction::temporary:
      if (StagedNode* node = find(record.id)) node->temporary = true;
      return {};
    case IndexAction::incomplete:
      if (StagedNode* node = find(record.id))
        node->incomplete = static_cast<int>(std::strtol(record.value.c_str(), nullptr, 10));
      return {};
  }
  return {};
}

void StagedNamespace::erase_with_all_below(StagedId id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  const auto children = std::move(found->second.children);
  nodes_.erase(found);
  for (const auto& [name, child] : children) erase_with_all_below(child);
}

void StagedNamespace::drop_temporary() {
  std::vector<StagedId> ended;
  for (const auto& [id, node] : nodes_)
    if (node.temporary && !is_root(id)) ended.push_back(id);
  for (const StagedId id : ended) {
    const StagedNode* node = find(id);
    if (node == nullptr) continue;  // it went with what is above it
    if (StagedNode* parent = find(node->parent)) {
      if (node->directory && parent->subdirectories > 0) --parent->subdirectories;
      parent->children.erase(node->name);
    }
    erase_with_all_below(id);
  }
}

std::vector<IndexRecord> StagedNamespace::snapshot() const {
  std::vector<IndexRecord> records;
  IndexRecord next;
  next.id = next_id_;
  records.push_back(next);
  std::vector<StagedId> pending;
  std::vector<IndexRecord> attributes;  // after all children, which touch their directory's times
  for (const auto& [name, id] : roots_) pending.push_back(id);
  while (!pending.empty()) {
    const StagedId id = pending.back();
    pending.pop_back();
    const StagedNode& node = nodes_.at(id);
    IndexRecord record;
    record.action = is_root(id) ? IndexAction::root : IndexAction::create;
    record.id = id;
    record.parent = node.parent;
    record.name = node.name;
    record.directory = node.directory;
    record.mtime_set = node.mtime_set;
    record.permissions = node.permissions;
    record.uid = node.uid;
    record.gid = node.gid;
    record.atime = node.atime;
    record.mtime = node.mtime;
    record.ctime = node.ctime;
    records.push_back(record);
    if (node.temporary) {
      IndexRecord temporary;
      temporary.action = IndexAction::temporary;
      temporary.id = id;
      records.push_back(std::move(temporary));
    }
    if (node.incomplete != 0) {
      IndexRecord incomplete;
      incomplete.action = IndexAction::incomplete;
      incomplete.id = id;
      incomplete.value = std::to_string(node.incomplete);
      records.push_back(std::move(incomplete));
    }
    for (const auto& [name, value] : node.xattrs) {
      IndexRecord xattr;
      xattr.action = IndexAction::set_xattr;
      xattr.id = id;
      xattr.name = name;
      xattr.value = value;
      records.push_back(std::move(xattr));
    }
    if (node.directory) {
      record.action = IndexAction::attributes;
      attributes.push_back(std::move(record));
    }
    for (const auto& [name, child] : node.children) pending.push_back(child);
  }
  records.insert(records.end(), attributes.begin(), attributes.end());
  return records;
}

}  // namespace vtpmfs::cache
