// Reads one nvram so that it belongs to the rest of its set.
//
//   download -> (running: download again, both equal; list again, time and size as before)
//            -> changeVersion as it was -> whole
//
// Whatever moved is read again, three times at most. A chain of answers: nothing waits; each step
// runs on the thread that brought the answer before it, hashing on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/clock.h"
#include "cache/sets/set_version.h"
#include "vsphere/call.h"

namespace vtpmfs::cache {

struct FetchedSet {
  VersionPtr version;  ///< that it was read with: where it lies, what the datastore said
  NvramFound found;    ///< as the datastore listed it last
  std::shared_ptr<const std::string> nvram;
  Sha256Hash hash{};
  bool crash_consistent = false;  ///< of a running VM
};

/// What a fetch asks of its owner; each answer exactly once, on any thread.
class FetchSteps {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~FetchSteps() = default;
  virtual void download(const VersionPtr& version, const vsphere::Call& call,
                        Done<std::string> done) = 0;
  virtual void read_change_version(const vsphere::MoRef& vm, const vsphere::Call& call,
                                   Done<std::string> done) = 0;
  virtual void list_again(const VersionPtr& version, const vsphere::Call& call,
                          Done<NvramFound> done) = 0;
  virtual void read_again(const vsphere::MoRef& vm, const vsphere::Call& call,
                          Done<VersionPtr> done) = 0;
  virtual void compute(std::function<void()> work) = 0;
  virtual bool is_running(const vsphere::MoRef& vm) = 0;
};

/// One thread at a time goes through it. Keeps itself alive while it is under way; the steps must
/// outlive that.
class SetFetch : public std::enable_shared_from_this<SetFetch> {
 public:
  /// Takes a version that was read again: with which one to go on, or why the generation that asks
  /// cannot. Called between steps.
  using Adopt = std::function<Result<VersionPtr>(const VersionPtr&)>;
  using Done = std::function<void(Result<FetchedSet>)>;

  SetFetch(FetchSteps& steps, const Clock& clock, VersionPtr version, MonotonicTime deadline,
           Adopt adopt, Done done);

  void start();
  /// From any thread: the steps end early, and `done` gets EINTR.
  void cancel();

 private:
  using Step = void (SetFetch::*)();

  void download();
  void take_bytes(Result<std::string> bytes);
  void find_out_who_is_away(Error error);
  void look_at_bytes();
  void hash_bytes();
  void list_again();
  void take_listing(Result<NvramFound> found);
  void check_change_version();
  void take_change_version(Result<std::string> change_version);
  void read_again(const char* what_moved);
  void take_version(Result<VersionPtr> version);
  void finish();
  void fail_with(Error error);
  [[nodiscard]] std::optional<vsphere::Call> call();
  [[nodiscard]] bool try_again(const char* why);

  FetchSteps& steps_;
  const Clock& clock_;
  const MonotonicTime deadline_;
  const vsphere::CancelToken cancel_;
  const Adopt adopt_;
  Done done_;

  VersionPtr version_;
  NvramFound before_;
  std::shared_ptr<const std::string> bytes_;
  std::shared_ptr<const std::string> former_bytes_;
  Sha256Hash hash_{};  ///< of bytes_, once they were looked at
  bool running_ = false;
  unsigned tries_ = 0;
};

}  // namespace vtpmfs::cache
