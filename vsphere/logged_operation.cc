#include "vsphere/logged_operation.h"

#include <utility>

namespace vtpmfs::vsphere {
namespace {

thread_local std::string of_this_thread;

}  // namespace

LoggedOperation::LoggedOperation(const std::string& id) : outer_(of_this_thread) {
  if (!id.empty()) of_this_thread = id;
}

LoggedOperation::~LoggedOperation() {
  of_this_thread = std::move(outer_);
}

const std::string& LoggedOperation::current() {
  return of_this_thread;
}

}  // namespace vtpmfs::vsphere
