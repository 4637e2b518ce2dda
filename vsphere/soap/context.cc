#include "vsphere/soap/context.h"

#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "soapStub.h"
#include "vim25.nsmap"
#include "vsphere/soap/markup_check.h"

namespace vtpmfs::vsphere {
namespace {

// TREE: no id and href, which vCenter neither sends nor wants. UTFSTRING: std::string holds UTF-8.
// PLAIN: no HTTP around the XML. Never XML_STRICT: newer servers add elements anywhere.
constexpr soap_mode kFlags = SOAP_XML_TREE | SOAP_C_UTFSTRING | SOAP_ENC_PLAIN;

constexpr long kMaxString = 64L << 20;
constexpr size_t kMaxElements = 4'000'000;

// More than this many idle contexts are not kept; nor one whose string buffer grew large.
constexpr size_t kIdleContexts = 8;
constexpr size_t kKeptBuffer = 1U << 20;

class IdleContexts {
 public:
  ~IdleContexts() {
    for (auto* context : idle_) soap_free(context);
  }
  struct soap* take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto* context = idle_.back();
    idle_.pop_back();
    return context;
  }
  bool keep(struct soap* context) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= kIdleContexts) return false;
    idle_.push_back(context);
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<struct soap*> idle_;
};

IdleContexts& idle_contexts() {
  static IdleContexts contexts;
  return contexts;
}

}  // namespace

ContextLease lease_context() {
  auto* context = idle_contexts().take();
  if (context == nullptr) context = soap_new1(kFlags);
  if (context == nullptr) throw std::bad_alloc();
  soap_set_namespaces(context, namespaces);
  context->maxlevel = kMaxDepth;
  context->maxlength = kMaxString;
  context->maxoccurs = kMaxElements;
  return ContextLease(context);
}

void ContextReturn::operator()(struct soap* context) const {
  // A password or a bundle may have gone through.
  explicit_bzero(context->buf, sizeof context->buf);
  explicit_bzero(context->tmpbuf, sizeof context->tmpbuf);
  if (context->labbuf != nullptr) {
    // After a failed allocation lablen is what was wanted, not what is there.
    explicit_bzero(context->labbuf, std::min(context->lablen, malloc_usable_size(context->labbuf)));
  }
  const bool large = context->lablen > kKeptBuffer;
  soap_destroy(context);
  soap_end(context);
  context->user = nullptr;
  if (large || !idle_contexts().keep(context)) soap_free(context);
}

}  // namespace vtpmfs::vsphere
