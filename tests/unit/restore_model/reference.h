// What SPEC.md says about restore/, as simply as it can be said: a tree of names and bytes, and for
// each directory what was last seen of its set.
//
// Nothing in it is fast, and of the product's it takes only hashes and how config.json is read.
// Where several reasons speak against an operation, any of their errnos will do: the page does not
// rank them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/restore_model/operation.h"

namespace vtpmfs::fs::restore_model {

constexpr uint64_t kFileBytes = 100'000;   ///< limit of a staged file in these tests
constexpr uint64_t kTotalBytes = 250'000;  ///< limit of all of them together
constexpr unsigned kDepth = 4;             ///< limit of nesting below restore/

enum class Sure { no, maybe, yes };

/// What is seen in a directory, of the names that count.
struct Sight {
  enum class What { folder, no_manifest, too_large, unreadable, missing, differs, poor, whole };
  What what = What::folder;
  bool five_missing = false;  ///< one of the five files is not there
  std::set<std::string> differing;
  std::set<std::string> listed;
};

struct Entry;
using EntryPtr = std::shared_ptr<Entry>;

struct Entry {
  enum class Stage { open, running, done };

  std::string name;
  std::weak_ptr<Entry> parent;
  bool directory = false;
  unsigned mode = 0;
  std::optional<int64_t> mtime;      ///< a user set it, and nothing changed since
  std::optional<int64_t> not_mtime;  ///< the content changed after a user had set it
  std::map<std::string, std::string> xattrs;

  // -- files
  std::string bytes;
  std::optional<int> broken;  ///< a write failed, and what it would have brought is missing
  /// Whether its last writer is done with it: flushed what it wrote as a whole, or renamed it.
  Sure finished = Sure::yes;

  // -- directories
  bool folder = false;             ///< the vCenter has it
  std::set<std::string> machines;  ///< names of VMs that the vCenter has in it
  std::map<std::string, EntryPtr> children;
  Stage stage = Stage::open;
  std::set<int> refused;      ///< not empty: it was looked at, and refused with one of these
  Sure told = Sure::no;       ///< somebody was told of that
  std::optional<Sight> last;  ///< what was seen when something arrived last; unset after a mount
  std::set<std::string> appeared;  ///< names that came since
};

/// A VM that the vCenter is to be asked for.
struct Wish {
  std::string name;
  std::string pool;  ///< where the directory's attribute says
  std::vector<std::string> folders;
  std::map<std::string, std::string> files;
  bool verified = false;

  bool operator==(const Wish& other) const {
    return name == other.name && pool == other.pool && folders == other.folders &&
           files == other.files && verified == other.verified;
  }
};

class Reference {
 public:
  Reference();

  /// Does the operation that came to `actual` in the mount; else says what should have come.
  std::string step(const Operation& operation, int actual);
  /// Answers that were waited for, by the number of the operation that waits (they count up from
  /// 0), with what may have come. Filled by `end`.
  std::map<size_t, std::set<int>> take_answers() { return std::exchange(answers_, {}); }

  [[nodiscard]] const Entry& root() const { return *root_; }
  /// A handle that may write was opened in this directory, and is open.
  [[nodiscard]] bool being_written(const Entry& directory) const;
  [[nodiscard]] const std::vector<Wish>& wishes() const { return wishes_; }
  [[nodiscard]] static Sight sight(const Entry& directory);

 private:
  using Codes = std::set<int>;
  struct Handle {
    EntryPtr file;  ///< empty: of restore.status, which is forgotten
    bool writes = false;
    std::weak_ptr<Entry> opened_in;
    bool made = false;  ///< it made the file, with O_EXCL
    bool dirty = false;
    std::vector<bool> written;
    size_t wanted = 0;  ///< where the furthest write that failed would have ended
  };
  struct Waiter {
    std::set<EntryPtr> sets;
    Codes errors;
    bool failed = false;  ///< one of the errors is certain
  };
  /// How a file or directory arrived.
  struct Arrival {
    std::string name;  ///< empty: the directory itself
    Sure whole = Sure::yes;
  };

  // -- paths
  struct Found {
    EntryPtr parent, entry;
    std::string name;
    int error = 0;  ///< there is no such parent
  };
  [[nodiscard]] Found find(const std::string& path) const;
  static unsigned depth(const Entry& entry);
  static unsigned height(const Entry& entry);
  static bool within(const Entry& entry, const Entry& above);
  static bool hidden(const Entry& directory);
  static bool runs_below(const Entry& directory);
  static std::vector<std::string> path_of(const Entry& directory);
  /// Why an entry may not come to this name. EEXIST is the caller's business.
  static void against_coming(const Entry& parent, const std::string& name, bool directory,
                             Codes& against);
  static EntryPtr empty_folder();
  static EntryPtr without_what_is_staged(const Entry& staged);
  static void attach(const EntryPtr& entry, const EntryPtr& parent, const std::string& name);
  static void detach(const EntryPtr& entry);

  // -- operations; each returns what may have come of it
  Codes make_directory(const std::string& path);
  Codes create(const std::string& slot, const std::string& path, bool exclusive, int actual);
  Codes open(const std::string& slot, const std::string& path, const std::string& how, int actual);
  Codes write(const std::string& slot, uint64_t offset, const std::string& bytes, int actual);
  Codes cut(const std::string& slot, uint64_t size);
  Codes flush(const std::string& slot, int actual);
  Codes put(const std::string& path, const std::string& bytes, int actual);
  Codes rename(const std::string& from, const std::string& to, const std::string& how, int actual);
  Codes unlink(const std::string& path);
  Codes remove_directory(const std::string& path);
  Codes change_attributes(const Operation& operation);
  Codes truncate(const std::string& path, uint64_t size);
  Codes appear(const std::string& path, bool folder);
  Codes vanish(const std::string& path);
  Codes start(const std::string& path, bool commit, int actual);
  void end(int code);
  void remount();

  // -- sets
  Codes arrived(const EntryPtr& directory, const Arrival& arrival, int actual);
  Codes arrived_below(const EntryPtr& directory, int actual);
  /// One answer for two things that were looked at.
  Codes together(const Codes& one, const Codes& other);
  Codes begin(const EntryPtr& directory, bool verified);
  [[nodiscard]] Codes against_place(const Entry& directory, const Wish& wish) const;
  [[nodiscard]] static Codes told_of_mismatch(const Entry& directory, const Sight& seen,
                                              const Arrival& arrival);
  [[nodiscard]] static Codes told_of_manifest(const Entry& directory, const Sight& seen,
                                              const Arrival& arrival);
  static void changed(Entry& file);
  /// Why a file may not grow to this size.
  [[nodiscard]] Codes against_growth(const Entry& file, uint64_t size) const;
  [[nodiscard]] bool written_by_others(const EntryPtr& file, const Handle* but = nullptr) const;

  EntryPtr root_;
  std::map<std::string, Handle> handles_;
  std::vector<Wish> wishes_;
  bool answers_for_several_ = false;
  Waiter waiter_;  ///< of the operation that is looked at, should it wait
  std::vector<std::optional<Waiter>> waiters_;
  std::map<size_t, Codes> answers_;
  std::string answer_ = "ok";  ///< how the vCenter takes restores now
};

/// The number of an errno's name; 0 for "ok".
int code_of(const std::string& name);

}  // namespace vtpmfs::fs::restore_model
