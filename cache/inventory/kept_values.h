// Values that many entities have in common, kept once: a folder that thousands of VMs lie in, the
// words for a power state. Private to cache/inventory.
#pragma once

#include <unordered_set>
#include <utility>

namespace vtpmfs::cache {

template <class T>
class KeptValues;

/// One of a KeptValues, which must outlive it; of eight bytes. By default the value is T(). Those
/// of one KeptValues are equal where their values are.
template <class T>
class KeptValue {
 public:
  KeptValue() = default;
  const T& operator*() const {
    static const T none{};
    return value_ == nullptr ? none : *value_;
  }
  const T* operator->() const { return &**this; }
  bool operator==(const KeptValue&) const = default;

 private:
  friend class KeptValues<T>;
  explicit KeptValue(const T* value) : value_(value) {}

  const T* value_ = nullptr;
};

/// Keeps each value until its own end: for values of which there are few. One writer at a time.
template <class T>
class KeptValues {
 public:
  KeptValue<T> keep(T value) {
    if (value == T()) return {};
    return KeptValue<T>(&*values_.insert(std::move(value)).first);
  }

 private:
  std::unordered_set<T> values_;
};

}  // namespace vtpmfs::cache
