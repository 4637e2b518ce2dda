#include "tests/simulator/session/session.h"

#include "tests/simulator/random_id.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {

void Session::touch() {
  const std::scoped_lock hold(lock_);
  last_active_ = std::chrono::steady_clock::now();
  last_active_time_ = wire_time_now();
  ++calls_;
}

std::chrono::steady_clock::time_point Session::last_active() const {
  const std::scoped_lock hold(lock_);
  return last_active_;
}

std::string Session::last_active_time() const {
  const std::scoped_lock hold(lock_);
  return last_active_time_;
}

Session::Busy::~Busy() {
  session_.touch();
  --session_.busy_;
}

void Session::end() {
  std::unordered_map<Ref, std::shared_ptr<ManagedObject>> gone;
  const std::scoped_lock hold(lock_);
  ended_ = true;
  gone.swap(objects_);
}

Ref Session::new_ref(std::string type) const {
  return {std::move(type), "session[" + identity_.key + "]" + random_uuid()};
}

void Session::bind(std::shared_ptr<ManagedObject> object) {
  const std::scoped_lock hold(lock_);
  if (ended_) return;
  Ref ref = object->ref();
  objects_.insert_or_assign(std::move(ref), std::move(object));
}

std::shared_ptr<ManagedObject> Session::bind_once(std::shared_ptr<ManagedObject> object) {
  const std::scoped_lock hold(lock_);
  if (ended_) return object;
  Ref ref = object->ref();
  return objects_.try_emplace(std::move(ref), std::move(object)).first->second;
}

bool Session::unbind(const Ref& ref) {
  std::shared_ptr<ManagedObject> gone;
  const std::scoped_lock hold(lock_);
  const auto found = objects_.find(ref);
  if (found == objects_.end()) return false;
  gone = std::move(found->second);
  objects_.erase(found);
  return true;
}

std::shared_ptr<ManagedObject> Session::find(const Ref& ref) const {
  const std::scoped_lock hold(lock_);
  const auto found = objects_.find(ref);
  return found == objects_.end() ? nullptr : found->second;
}

}  // namespace vtpmfs::simulator
