// Interface. What the kernel glue (fs/kernel) asks of the tree (fs/tree), without a FUSE type in
// it.
//
// Every operation that might wait takes an Answer and returns at once; the answer is given exactly
// once, from any thread, possibly before the operation returns. An answer that is dropped
// unanswered replies EIO (fs/kernel sees to that). No operation blocks on the network in the
// calling thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vsphere/cancel.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// st_ino and FUSE's node id in one; never 0, 1 is the root.
struct InodeNumber {
  uint64_t value = 0;
  auto operator<=>(const InodeNumber&) const = default;
};
inline constexpr InodeNumber kRootInode{1};

using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

enum class NodeType { directory, file, symlink };

struct Attributes {
  InodeNumber ino;
  NodeType type = NodeType::file;
  uint32_t permissions = 0600;  ///< the nine bits (and suid, sgid, sticky where a user set them)
  uint32_t links = 1;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t size = 0;  ///< st_blocks is always derived from it, never 0 for a file with bytes
  TimePoint atime, mtime, ctime;
  /// How long the kernel may keep these attributes, and the name under which they were found.
  std::chrono::milliseconds attribute_timeout{0};
  std::chrono::milliseconds entry_timeout{0};
};

/// Who asks. `interrupted` is cancelled when the kernel sends INTERRUPT for this request.
struct Caller {
  uint32_t uid = 0;
  uint32_t gid = 0;
  int32_t pid = 0;
  uint32_t umask = 0;
  vsphere::CancelToken interrupted;
};

template <class T>
using Answer = std::function<void(Result<T>)>;

/// A piece of a buffer that stays alive as long as somebody reads it.
struct Bytes {
  std::shared_ptr<const std::string> owner;
  size_t offset = 0;
  size_t size = 0;
  [[nodiscard]] std::string_view view() const {
    return owner ? std::string_view(*owner).substr(offset, size) : std::string_view();
  }
};

struct AttributeChange {
  std::optional<uint32_t> permissions;
  std::optional<uint32_t> uid, gid;
  std::optional<uint64_t> size;
  std::optional<TimePoint> atime, mtime;
};

class Node;
class OpenFile;
using NodePtr = std::shared_ptr<Node>;
using OpenFilePtr = std::shared_ptr<OpenFile>;

struct DirectoryEntry {
  std::string name;
  NodeType type = NodeType::file;
  InodeNumber ino;
};

/// A directory as it was when it was opened.
class OpenDirectory {
 public:
  virtual ~OpenDirectory() = default;
  /// Without `.` and `..`; stable while the directory is open.
  [[nodiscard]] virtual const std::vector<DirectoryEntry>& entries() const = 0;
  /// The node of an entry, for readdirplus; null where it has gone meanwhile. Never waits.
  virtual NodePtr node_of(size_t index) = 0;
  /// The kernel may keep the listing until it is told otherwise.
  [[nodiscard]] virtual bool cacheable() const { return false; }
};
using OpenDirectoryPtr = std::shared_ptr<OpenDirectory>;

/// An open file. Destroyed when the kernel releases it (asynchronously: never a place for errors).
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  virtual void read(uint64_t offset, size_t size, const Caller& caller, Answer<Bytes> answer) = 0;
  /// Number of bytes taken, always all of them or an error.
  virtual void write(uint64_t offset, std::string_view bytes, const Caller& caller,
                     Answer<size_t> answer);
  /// close(2): may come several times, also before any write. Its errno reaches the program.
  virtual void flush(const Caller& caller, Answer<void> answer) {
    (void)caller;
    answer({});
  }
  virtual void fsync(const Caller& caller, Answer<void> answer) {
    (void)caller;
    answer({});
  }
  /// The kernel may keep pages of an earlier open (same content).
  [[nodiscard]] virtual bool keep_cache() const { return false; }
  /// No flush needed at close: readers.
  [[nodiscard]] virtual bool no_flush() const { return false; }
  [[nodiscard]] virtual bool direct_io() const { return false; }
};

struct CreatedFile {
  NodePtr node;
  OpenFilePtr file;
};

/// A file, directory or link of the tree. Nodes are cheap views, made on lookup; their identity is
/// the inode number. Thread-safe. The defaults refuse: EROFS for changes, ENOTDIR, EISDIR, ENODATA.
class Node {
 public:
  virtual ~Node() = default;

  [[nodiscard]] virtual InodeNumber inode() const = 0;
  /// Never waits. ENOENT where the object has gone.
  virtual Result<Attributes> attributes() = 0;
  virtual void set_attributes(const AttributeChange& change, OpenFile* file, const Caller& caller,
                              Answer<Attributes> answer);

  // -- directories
  virtual void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer);
  virtual void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer);
  virtual void fsync_directory(const Caller& caller, Answer<void> answer);
  virtual void create(const std::string& name, uint32_t permissions, int flags,
                      const Caller& caller, Answer<CreatedFile> answer);
  virtual void make_directory(const std::string& name, uint32_t permissions, const Caller& caller,
                              Answer<NodePtr> answer);
  virtual void unlink(const std::string& name, const Caller& caller, Answer<void> answer);
  virtual void remove_directory(const std::string& name, const Caller& caller, Answer<void> answer);
  /// `flags` are renameat2's. Both directories may be of any tree: never EXDEV, EROFS instead.
  virtual void rename(const std::string& name, const NodePtr& new_parent,
                      const std::string& new_name, unsigned flags, const Caller& caller,
                      Answer<void> answer);
  /// link, symlink, mknod of anything but a regular file: EPERM in restore/, EROFS elsewhere.
  virtual Error refuse_special() const { return Error{Errno{30 /*EROFS*/}, "read-only"}; }

  // -- files
  virtual void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer);

  // -- links
  virtual Result<std::string> read_link();

  // -- extended attributes
  virtual void get_attribute(const std::string& name, const Caller& caller,
                             Answer<std::string> answer);      // default ENODATA
  virtual Result<std::vector<std::string>> list_attributes();  // default none
  virtual void set_attribute(const std::string& name, const std::string& value, int flags,
                             const Caller& caller, Answer<void> answer);
  virtual void remove_attribute(const std::string& name, const Caller& caller, Answer<void> answer);
};

/// What the tree tells the kernel when something changed behind its back. Implemented by
/// fs/kernel's notifier: queues and returns at once; one thread of its own sends. No reply ever
/// waits for it.
class KernelNotifier {
 public:
  virtual ~KernelNotifier() = default;
  virtual void invalidate_entry(InodeNumber parent, const std::string& name) = 0;
  virtual void invalidate_inode(InodeNumber inode) = 0;  ///< attributes and pages (a listing's)
  /// Of a file. Its pages go with the next open of another content, or with the next attributes.
  virtual void invalidate_attributes(InodeNumber inode) = 0;
};

}  // namespace vtpmfs::fs
