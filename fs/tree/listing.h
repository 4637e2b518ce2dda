// A directory's entries as they were at one moment.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "fs/node.h"

namespace vtpmfs::fs {

/// Nodes are made when they are asked for: a plain `ls` needs none. Immutable after filling.
class Listing final : public OpenDirectory {
 public:
  using MakeNode = std::function<NodePtr()>;

  explicit Listing(bool cacheable) : cacheable_(cacheable) {}

  void add(DirectoryEntry entry, MakeNode make_node) {
    entries_.push_back(std::move(entry));
    nodes_.push_back(std::move(make_node));
  }

  [[nodiscard]] const std::vector<DirectoryEntry>& entries() const override { return entries_; }
  NodePtr node_of(size_t index) override { return nodes_.at(index)(); }
  [[nodiscard]] bool cacheable() const override { return cacheable_; }

 private:
  const bool cacheable_;
  std::vector<DirectoryEntry> entries_;
  std::vector<MakeNode> nodes_;
};

}  // namespace vtpmfs::fs
