#include "tests/simulator/world/files/file_tree.h"

#include <utility>

namespace vtpmfs::simulator {
namespace {

class StoredBytes final : public FileContent {
 public:
  explicit StoredBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::string bytes() const override { return bytes_; }
  [[nodiscard]] std::int64_t size() const override {
    return static_cast<std::int64_t>(bytes_.size());
  }

 private:
  const std::string bytes_;
};

class SealedNvram final : public FileContent {
 public:
  SealedNvram(NvramState state, std::string data_key, std::size_t size)
      : state_(std::move(state)), data_key_(std::move(data_key)), size_(size) {}
  [[nodiscard]] std::string bytes() const override { return write_nvram(state_, data_key_, size_); }
  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(size_); }

 private:
  const NvramState state_;
  const std::string data_key_;
  const std::size_t size_;
};

class OpaqueExtent final : public FileContent {
 public:
  explicit OpaqueExtent(std::int64_t size) : size_(size) {}
  [[nodiscard]] std::string bytes() const override { return {}; }
  [[nodiscard]] std::int64_t size() const override { return size_; }

 private:
  const std::int64_t size_;
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

Content stored_bytes(std::string bytes) {
  return std::make_shared<StoredBytes>(std::move(bytes));
}

Content sealed_nvram(NvramState state, std::string data_key, std::size_t size) {
  return std::make_shared<SealedNvram>(std::move(state), std::move(data_key), size);
}

Content opaque_extent(std::int64_t size) {
  return std::make_shared<OpaqueExtent>(size);
}

FileTree::FileTree() {
  directories_.try_emplace("");
}

const Directory* FileTree::directory(std::string_view path) const {
  const auto found = directories_.find(path);
  return found == directories_.end() ? nullptr : &found->second;
}

const File* FileTree::find(std::string_view path) const {
  const Directory* parent = directory(directory_of(path));
  if (parent == nullptr) return nullptr;
  const auto found = parent->files.find(file_name_of(path));
  return found == parent->files.end() ? nullptr : &found->second;
}

std::vector<std::string> FileTree::subdirectories(std::string_view path) const {
  const std::string stem = path.empty() ? std::string() : std::string(path) + "/";
  std::vector<std::string> names;
  for (auto at = directories_.lower_bound(stem); at != directories_.end(); ++at) {
    if (at->first.compare(0, stem.size(), stem) != 0) break;
    const std::string name = at->first.substr(stem.size());
    if (!name.empty() && name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

Directory& FileTree::make_directory(std::string_view path) {
  if (!path.empty() && directories_.find(path) == directories_.end()) {
    make_directory(directory_of(path));
  }
  return directories_.try_emplace(std::string(path)).first->second;
}

void FileTree::put(std::string_view path, File file) {
  used_ += file.content->size();
  const auto [place, fresh] =
      make_directory(directory_of(path)).files.try_emplace(std::string(file_name_of(path)), file);
  if (fresh) return;
  used_ -= place->second.content->size();
  place->second = std::move(file);
}

bool FileTree::remove_file(std::string_view path) {
  const auto parent = directories_.find(directory_of(path));
  if (parent == directories_.end()) return false;
  const auto found = parent->second.files.find(file_name_of(path));
  if (found == parent->second.files.end()) return false;
  used_ -= found->second.content->size();
  parent->second.files.erase(found);
  return true;
}

bool FileTree::remove_directory(std::string_view path) {
  const auto found = directories_.find(path);
  if (path.empty() || found == directories_.end()) return false;
  for (const std::string& name : subdirectories(path)) {
    remove_directory(std::string(path) + "/" + name);
  }
  for (const auto& [name, file] : found->second.files) used_ -= file.content->size();
  directories_.erase(found);
  return true;
}

bool FileTree::rename_file(std::string_view path, std::string_view new_path) {
  const File* file = find(path);
  if (file == nullptr) return false;
  File moved = *file;
  remove_file(path);
  put(new_path, std::move(moved));
  return true;
}

std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

FileType file_type_of(std::string_view name) {
  if (ends_with(name, ".nvram")) return FileType::nvram;
  if (ends_with(name, ".vmx") || ends_with(name, ".vmtx")) return FileType::config;
  if (ends_with(name, ".log")) return FileType::log;
  if (ends_with(name, "-flat.vmdk")) return FileType::extent;
  if (ends_with(name, ".vmdk")) return FileType::disk;
  if (ends_with(name, ".vmsn") || ends_with(name, ".vmsd")) return FileType::snapshot;
  return FileType::other;
}

}  // namespace vtpmfs::simulator
