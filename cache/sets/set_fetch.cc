#include "cache/sets/set_fetch.h"

#include <cerrno>
#include <exception>
#include <utility>

namespace vtpmfs::cache {
namespace {

constexpr unsigned kTries = 3;

}  // namespace

SetFetch::SetFetch(FetchSteps& steps, const Clock& clock, VersionPtr version,
                   MonotonicTime deadline, Adopt adopt, Done done)
    : steps_(steps),
      clock_(clock),
      deadline_(deadline),
      adopt_(std::move(adopt)),
      done_(std::move(done)),
      version_(std::move(version)),
      before_(version_->nvram) {}

void SetFetch::start() {
  download();
}

void SetFetch::cancel() {
  cancel_.cancel();
}

std::optional<vsphere::Call> SetFetch::call() {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock_.monotonic());
  if (cancel_.cancelled()) {
    fail_with(Error{Errno{EINTR}, "nobody waits for it any more"});
    return std::nullopt;
  }
  if (left.count() <= 0) {
    fail_with(Error{Errno{ETIMEDOUT}, "reading nvram took too long"});
    return std::nullopt;
  }
  vsphere::Call call;
  call.timeout = left;
  call.cancel = cancel_;
  return call;
}

bool SetFetch::try_again(const char* why) {
  if (++tries_ < kTries) return true;
  fail_with(Error{Errno{EIO}, std::string(why) + ", " + std::to_string(kTries) + " times"});
  return false;
}

void SetFetch::download() {
  const auto with = call();
  if (!with) return;
  steps_.download(version_, *with, [self = shared_from_this()](Result<std::string> bytes) {
    self->take_bytes(std::move(bytes));
  });
}

void SetFetch::take_bytes(Result<std::string> bytes) {
  if (!bytes) {
    // Moved away (a migration to another datastore), or renamed: the details tell where it is.
    if (bytes.error().code == Errno{ENOENT}) return read_again("nvram is not where it was");
    if (bytes.error().code == Errno{EHOSTUNREACH}) return find_out_who_is_away(bytes.error());
    return fail_with(std::move(bytes.error()));
  }
  bytes_ = std::make_shared<const std::string>(std::move(*bytes));
  steps_.compute([self = shared_from_this()] { self->look_at_bytes(); });
}

void SetFetch::find_out_who_is_away(Error error) {
  // A 503 may be of this one file, of its host or datastore. Whether vCenter itself is away is told
  // by asking it for something else; the owner learns that from the same answer.
  const auto with = call();
  if (!with) return;
  steps_.read_change_version(version_->vm, *with,
                             [self = shared_from_this(), error = std::move(error)](
                                 const Result<std::string>&) { self->fail_with(error); });
}

void SetFetch::look_at_bytes() {
  if (bytes_->size() != version_->nvram.file.size) {
    return read_again("nvram has another size than the datastore listed");
  }
  running_ = version_->running || steps_.is_running(version_->vm);
  if (!running_) return hash_bytes();
  // The guest may write at any time: what is read twice alike was not torn.
  const auto former = std::exchange(former_bytes_, bytes_);
  if (!former) return download();
  if (*former != *bytes_) {
    if (try_again("the guest writes nvram while it is read")) download();
    return;
  }
  hash_bytes();
}

void SetFetch::hash_bytes() {
  // Before the question, not after its answer: that is shared with downloads still under way, and
  // then many come at once.
  try {
    hash_ = sha256(*bytes_);
  } catch (const std::exception& error) {
    return fail_with(Error{Errno{EIO}, std::string("cannot hash nvram: ") + error.what()});
  }
  if (running_) return list_again();
  check_change_version();
}

void SetFetch::list_again() {
  const auto with = call();
  if (!with) return;
  steps_.list_again(version_, *with, [self = shared_from_this()](Result<NvramFound> found) {
    self->take_listing(std::move(found));
  });
}

void SetFetch::take_listing(Result<NvramFound> found) {
  if (!found) return fail_with(std::move(found.error()));
  if (found->state != NvramFound::State::listed || found->file.size != bytes_->size()) {
    return read_again("the guest changed the size of nvram while it was read");
  }
  if (found->file.modified != before_.file.modified) {
    before_ = std::move(*found);
    if (try_again("the guest writes nvram while it is read")) download();
    return;
  }
  check_change_version();
}

void SetFetch::check_change_version() {
  if (!version_->change_version) return finish();  // a server without one
  const auto with = call();
  if (!with) return;
  steps_.read_change_version(version_->vm, *with,
                             [self = shared_from_this()](Result<std::string> change_version) {
                               self->take_change_version(std::move(change_version));
                             });
}

void SetFetch::take_change_version(Result<std::string> change_version) {
  if (!change_version) return fail_with(std::move(change_version.error()));
  if (*change_version != *version_->change_version) {
    return read_again("the VM was reconfigured while it was read");
  }
  finish();
}

void SetFetch::read_again(const char* what_moved) {
  if (!try_again(what_moved)) return;
  const auto with = call();
  if (!with) return;
  former_bytes_ = nullptr;
  steps_.read_again(version_->vm, *with, [self = shared_from_this()](Result<VersionPtr> version) {
    self->take_version(std::move(version));
  });
}

void SetFetch::take_version(Result<VersionPtr> version) {
  if (!version) return fail_with(std::move(version.error()));
  auto adopted = adopt_(*version);
  if (!adopted) return fail_with(std::move(adopted.error()));
  version_ = std::move(*adopted);
  before_ = version_->nvram;
  download();
}

void SetFetch::finish() {
  FetchedSet fetched;
  fetched.hash = hash_;
  fetched.version = version_;
  fetched.found = before_;
  fetched.nvram = bytes_;
  fetched.crash_consistent = running_;
  std::exchange(done_, nullptr)(std::move(fetched));
}

void SetFetch::fail_with(Error error) {
  std::exchange(done_, nullptr)(fail(std::move(error)));
}

}  // namespace vtpmfs::cache
