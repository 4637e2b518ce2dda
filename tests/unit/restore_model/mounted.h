// restore/ as it is, driven by the operations of the model, with a directory of its own that is
// opened again after a kill.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/unit/restore_model/reference.h"
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_model {

class Mounted : private restore_test::RestoreWorld {
 public:
  Mounted();
  ~Mounted() { handles_.clear(); }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  /// 0, an errno, kWaits or kNothing.
  int run(const Operation& operation);
  /// Answers that came since, by the number of the operation that waited, counted from 0.
  std::map<size_t, int> take_answers();
  /// What the vCenter was asked for so far.
  [[nodiscard]] std::vector<Wish> wishes() const;
  /// Empty where the tree shows what the model holds.
  std::string differences(const Reference& model) { return differences(model, model.root(), ""); }

 private:
  struct Handle {
    OpenFilePtr file;
    NodePtr node;
    bool writes = true;
  };
  /// The directory of a path; else the errno of the way to it.
  Result<NodePtr> directory_of(const std::string& path);
  int settle(const restore_test::Reply<void>& reply);
  int create(const Operation& operation);
  int open(const Operation& operation);
  int cut(const Handle& handle, uint64_t size);
  int put(const std::string& path, const std::string& bytes);
  int move(const Operation& operation);
  int set_attributes(const Operation& operation);
  int appear(const std::string& path, bool folder);
  int vanish(const std::string& path);
  int start(const std::string& path, bool commit);
  void end(int code);
  void remount(bool killed);
  std::string differences(const Reference& all, const Entry& model, const std::string& path);
  std::string status_difference(const Reference& all, const Entry& model, const std::string& path,
                                bool shown);

  std::map<std::string, Handle> handles_;
  /// What the vCenter has, by its path below vm/.
  std::map<std::string, cache::MoRef> folders_, machines_;
  int appeared_ = 0;
  std::map<size_t, restore_test::Reply<void>> waiting_;
  size_t waited_ = 0;  ///< operations that waited so far
};

}  // namespace vtpmfs::fs::restore_model
