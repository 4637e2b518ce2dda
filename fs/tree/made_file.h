// Files whose text we make ourselves: what lies in .vtpmfs/.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "fs/node.h"

namespace vtpmfs::fs {

class InventoryTree;

/// A text that is made anew when somebody looks, and stays as it is for the one who opened it. Read
/// with direct_io, so that no page of a former text is mixed in; the size that is told belongs to
/// the text that the next open gives out, since rsync and bsdtar believe it. Read-only. One node
/// for as long as the tree lives, thread-safe; `make` never waits for the network.
class MadeFile final : public Node {
 public:
  using MakeText = std::function<std::string()>;
  /// So long a text is given to others, too: from a tool's look at the size to its open.
  static constexpr std::chrono::milliseconds kShared{1000};

  MadeFile(const InventoryTree& tree, const cache::Clock& clock, const std::string& name,
           MakeText make);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) override;

 private:
  using Text = std::shared_ptr<const std::string>;
  void renew_locked();

  const InventoryTree& tree_;
  const cache::Clock& clock_;
  const InodeNumber inode_;
  const MakeText make_;
  std::mutex mutex_;
  Text text_;
  TimePoint time_;
  cache::MonotonicTime made_{};
  std::weak_ptr<OpenFile> open_;  ///< who got text_, while he has it open
};

/// A directory of such files. Its time is the tree's fixed one.
class MadeDirectory final : public Node {
 public:
  struct File {
    std::string name;
    std::shared_ptr<MadeFile> node;
  };
  MadeDirectory(const InventoryTree& tree, const std::string& name, std::vector<File> files);

  [[nodiscard]] InodeNumber inode() const override { return inode_; }
  Result<Attributes> attributes() override;
  void lookup(const std::string& name, const Caller& caller, Answer<NodePtr> answer) override;
  void open_directory(const Caller& caller, Answer<OpenDirectoryPtr> answer) override;

 private:
  const InventoryTree& tree_;
  const InodeNumber inode_;
  const std::vector<File> files_;
};

}  // namespace vtpmfs::fs
