// A tree in memory for tests of the glue: files and directories whose operations can stall, fail
// and be counted.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fs/node.h"
#include "tests/patience.h"

namespace vtpmfs::fs::memory {

/// Holds back work while it is closed.
class Gate {
 public:
  /// Runs `work` now, or when the gate opens.
  void pass(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      ++arrived_;
      changed_.notify_all();
      if (closed_) {
        held_.push_back(std::move(work));
        return;
      }
    }
    work();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    std::deque<std::function<void()>> work;
    {
      const std::lock_guard lock(mutex_);
      closed_ = false;
      work.swap(held_);
    }
    for (auto& one : work) one();
  }
  /// Forgets what it holds, unanswered.
  void drop() {
    std::deque<std::function<void()>> work;
    const std::lock_guard lock(mutex_);
    work.swap(held_);
  }
  [[nodiscard]] bool wait_for_arrivals(
      size_t count, std::chrono::milliseconds limit = patience(std::chrono::seconds(20))) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> held_;
  bool closed_ = false;
  size_t arrived_ = 0;
};

class MemoryNode : public Node {
 public:
  MemoryNode(NodeType type, uint64_t number) : type_(type), number_{number} {}
  [[nodiscard]] InodeNumber inode() const override { return number_; }
  Result<Attributes> attributes() override {
    if (gone) return fail(ENOENT, "gone");
    Attributes result;
    result.ino = number_;
    result.type = type_;
    result.permissions = type_ == NodeType::directory ? 0755 : 0644;
    result.links = type_ == NodeType::directory ? 2 : 1;
    result.uid = ::geteuid();
    result.gid = ::getegid();
    result.size = told_size = size();
    result.mtime = result.ctime = result.atime = TimePoint{std::chrono::seconds{1700000000}};
    result.attribute_timeout = attribute_timeout;
    result.entry_timeout = entry_timeout;
    return result;
  }
  void get_attribute(const std::string& name, const Caller& /*caller*/,
                     Answer<std::string> answer) override {
    const auto found = xattrs.find(name);
    if (found == xattrs.end()) {
      answer(fail(ENODATA, "no such attribute"));
    } else {
      answer(found->second);
    }
  }
  Result<std::vector<std::string>> list_attributes() override {
    std::vector<std::string> names;
    for (const auto& [name, value] : xattrs) names.push_back(name);
    return names;
  }

  std::atomic<bool> gone{false};
  std::atomic<uint64_t> told_size{0};         ///< in the last attributes
  std::map<std::string, std::string> xattrs;  ///< set before the tree is served
  // Atomic: what the kernel does between a test and the thread that serves it orders them, unseen
  // by C++.
  std::atomic<std::chrono::milliseconds> attribute_timeout{std::chrono::milliseconds(0)};
  std::atomic<std::chrono::milliseconds> entry_timeout{std::chrono::milliseconds(0)};

 protected:
  [[nodiscard]] virtual uint64_t size() { return 0; }

 private:
  const NodeType type_;
  const InodeNumber number_;
};

/// A file; also what a writer sees of it.
class MemoryFile : public MemoryNode, public std::enable_shared_from_this<MemoryFile> {
 public:
  std::atomic<bool> stale_unless_told{false};  ///< ESTALE at open where it has another size by now

  MemoryFile(uint64_t number, std::string content)
      : MemoryNode(NodeType::file, number), content_(std::move(content)) {}

  [[nodiscard]] std::string content() {
    const std::lock_guard lock(mutex_);
    return content_;
  }

  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override {
    asks(caller);
    open_gate.pass([self = shared_from_this(), flags, answer] {
      if (self->open_error != 0) {
        answer(fail(self->open_error, "as asked for"));
        return;
      }
      if (self->stale_unless_told && self->told_size != self->size()) {
        answer(fail(ESTALE, "the size is another one"));
        return;
      }
      if ((flags & O_TRUNC) != 0) self->truncate(0);
      answer(std::make_shared<Opened>(self));
    });
  }

  void set_attributes(const AttributeChange& change, OpenFile* /*file*/, const Caller& /*caller*/,
                      Answer<Attributes> answer) override {
    last_change = change;
    if (change.size) truncate(*change.size);
    answer(attributes());
  }

  Gate open_gate, read_gate, flush_gate;
  std::atomic<int> open_error{0}, read_error{0}, flush_error{0};
  std::atomic<int> live_handles{0};
  std::atomic<bool> keep_cache{false}, no_flush{false};
  AttributeChange last_change;  ///< read after the answer
  /// Whether the latest open, read or flush was interrupted.
  [[nodiscard]] bool interrupted() {
    const std::lock_guard lock(mutex_);
    return latest_.cancelled();
  }

 protected:
  uint64_t size() override {
    const std::lock_guard lock(mutex_);
    return content_.size();
  }

 private:
  class Opened : public OpenFile {
   public:
    explicit Opened(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) {
      ++file_->live_handles;
    }
    ~Opened() override { --file_->live_handles; }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    void read(uint64_t offset, size_t size, const Caller& caller, Answer<Bytes> answer) override {
      file_->asks(caller);
      file_->read_gate.pass([file = file_, offset, size, answer] {
        if (file->read_error != 0) {
          answer(fail(file->read_error, "as asked for"));
          return;
        }
        auto owner = std::make_shared<const std::string>(file->content());
        const size_t from = std::min<size_t>(offset, owner->size());
        const size_t length = std::min(size, owner->size() - from);
        answer(Bytes{std::move(owner), from, length});
      });
    }
    void write(uint64_t offset, std::string_view bytes, const Caller& /*caller*/,
               Answer<size_t> answer) override {
      {
        const std::lock_guard lock(file_->mutex_);
        if (file_->content_.size() < offset + bytes.size()) {
          file_->content_.resize(offset + bytes.size());
        }
        file_->content_.replace(offset, bytes.size(), bytes);
      }
      answer(bytes.size());
    }
    void flush(const Caller& caller, Answer<void> answer) override {
      file_->asks(caller);
      file_->flush_gate.pass([file = file_, answer] {
        if (file->flush_error != 0) {
          answer(fail(file->flush_error, "as asked for"));
        } else {
          answer({});
        }
      });
    }
    [[nodiscard]] bool keep_cache() const override { return file_->keep_cache; }
    [[nodiscard]] bool no_flush() const override { return file_->no_flush; }

   private:
    const std::shared_ptr<MemoryFile> file_;
  };

  void asks(const Caller& caller) {
    const std::lock_guard lock(mutex_);
    latest_ = caller.interrupted;
  }

  void truncate(uint64_t size) {
    const std::lock_guard lock(mutex_);
    content_.resize(size);
  }

  std::mutex mutex_;
  std::string content_;
  vsphere::CancelToken latest_;
};

using MemoryFilePtr = std::shared_ptr<MemoryFile>;

class MemoryDirectory : public MemoryNode {
 public:
  explicit MemoryDirectory(uint64_t number) : MemoryNode(NodeType::directory, number) {}

  void add(const std::string& name, const std::shared_ptr<MemoryNode>& node) {
    const std::lock_guard lock(mutex_);
    children_[name] = node;
  }
  void remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    children_.erase(name);
  }

  void lookup(const std::string& name, const Caller& /*caller*/, Answer<NodePtr> answer) override {
    lookup_gate.pass([this, name, answer] {
      if (auto node = find(name)) {
        answer(NodePtr(std::move(node)));
      } else {
        answer(fail(ENOENT, "no such entry"));
      }
    });
  }

  void open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) override {
    ++snapshots;
    auto listing = std::make_shared<Listing>();
    listing->keep = cacheable;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, node] : children_) {
      const auto attributes = node->attributes();
      listing->names.push_back(
          {name, attributes ? attributes->type : NodeType::file, node->inode()});
      listing->nodes.push_back(node);
    }
    answer(OpenDirectoryPtr(std::move(listing)));
  }

  void create(const std::string& name, uint32_t /*permissions*/, int /*flags*/,
              const Caller& caller, Answer<CreatedFile> answer) override {
    auto file = std::make_shared<MemoryFile>(next_number++, "");
    if (const auto prepare = preparation()) prepare(*file);
    add(name, file);
    file->open(O_WRONLY, caller, [file, answer](Result<OpenFilePtr> opened) {
      if (opened) {
        answer(CreatedFile{file, *opened});
      } else {
        answer(fail(opened.error()));
      }
    });
  }

  void make_directory(const std::string& name, uint32_t /*permissions*/, const Caller& /*caller*/,
                      Answer<NodePtr> answer) override {
    auto directory = std::make_shared<MemoryDirectory>(next_number++);
    add(name, directory);
    answer(NodePtr(directory));
  }

  void unlink(const std::string& name, const Caller& /*caller*/, Answer<void> answer) override {
    remove(name);
    answer({});
  }

  /// What create() does with its new files first; null for nothing.
  void prepare_new_files(std::function<void(MemoryFile&)> prepare) {
    const std::lock_guard lock(mutex_);
    prepare_ = std::move(prepare);
  }

  std::shared_ptr<MemoryNode> find(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = children_.find(name);
    return found == children_.end() ? nullptr : found->second;
  }

  Gate lookup_gate;
  std::atomic<int> snapshots{0};
  std::atomic<bool> cacheable{false};
  static inline std::atomic<uint64_t> next_number{1'000'000};

 private:
  struct Listing : OpenDirectory {
    std::vector<DirectoryEntry> names;
    std::vector<NodePtr> nodes;
    bool keep = false;
    [[nodiscard]] const std::vector<DirectoryEntry>& entries() const override { return names; }
    NodePtr node_of(size_t index) override { return nodes[index]; }
    [[nodiscard]] bool cacheable() const override { return keep; }
  };

  std::function<void(MemoryFile&)> preparation() {
    const std::lock_guard lock(mutex_);
    return prepare_;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryNode>> children_;
  std::function<void(MemoryFile&)> prepare_;
};

using MemoryDirectoryPtr = std::shared_ptr<MemoryDirectory>;

}  // namespace vtpmfs::fs::memory
