// GET, HEAD and PUT of /folder: the files of datastores over HTTP, with a vCenter's status codes.
#include <vector>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/sealing/derived_bytes.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

HttpResponse page(int status, const std::string& text) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.body = "<html><body><p>" + text + "</p></body></html>\n";
  return response;
}

bool has_encoded_slash(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path.find("%2f") != std::string_view::npos || path.find("%2F") != std::string_view::npos;
}

HttpResponse unauthorized() {
  HttpResponse response = page(401, "Unauthorized");
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"VMware HTTP server\"");
  return response;
}

/// What a reader gets while the file is written: the head of one content, the tail of the next.
/// `number` makes each mix another one: the guest goes on writing.
std::string torn(const std::string& bytes, unsigned number) {
  const std::string tail =
      derive_bytes(sha256(bytes), "torn" + std::to_string(number), bytes.size() - bytes.size() / 2);
  return bytes.substr(0, bytes.size() / 2) + tail;
}

/// What a request is about, looked up with the inventory's lock held.
struct Target {
  Datastore* datastore = nullptr;
  std::string path;
};

class FileService {
 public:
  explicit FileService(World& world) : world_(world) {}

  HttpResponse answer(const HttpRequest& request, const std::shared_ptr<Session>& session) const;

 private:
  /// The target, or the answer that refuses it.
  tl::expected<Target, HttpResponse> look_up(const HttpRequest& request,
                                             const Session& session) const;
  HttpResponse read(const HttpRequest& request, const Session& session) const;
  HttpResponse write(const HttpRequest& request, const Session& session) const;
  HttpResponse store(const HttpRequest& request, const Target& target) const;
  /// The answer to who lacks a privilege.
  HttpResponse forbidden() const {
    const std::string status = world_.switches.get("folder-no-privilege");
    if (status == "401") return unauthorized();
    return status == "404" ? page(404, "Not Found") : page(403, "Forbidden");
  }
  /// Whether this GET of a running machine's nvram is one that meets the guest's write.
  bool is_torn(const Target& target) const;
  bool allows(const Session& session, const Ref& object, std::string_view privilege) const {
    return world_.simulator.permissions().allows(world_.inventory, session.who().user, object,
                                                 privilege);
  }

  World& world_;
};

tl::expected<Target, HttpResponse> FileService::look_up(const HttpRequest& request,
                                                        const Session& session) const {
  const auto refused = [](int status, const char* text) {
    return tl::unexpected<HttpResponse>(page(status, text));
  };
  if (!allows(session, world_.root, "System.View")) return tl::unexpected(forbidden());
  const std::string* datacenter_path = request.parameter("dcPath");
  const std::string* datastore_name = request.parameter("dsName");
  if (datacenter_path == nullptr || datastore_name == nullptr) return refused(404, "Not Found");
  const Datacenter* datacenter = world_.datacenter_at(*datacenter_path);
  if (datacenter == nullptr) return refused(404, "Not Found");
  Datastore* datastore = world_.datastore_named(*datacenter, *datastore_name);
  if (datastore == nullptr) return refused(404, "Not Found");
  std::vector<Ref> places = {datastore->ref()};
  if (world_.switches.is("folder-privileges", "both")) places.push_back(datacenter->ref());
  for (const Ref& place : places) {
    if (!allows(session, place, "Datastore.Browse") ||
        !allows(session, place, "Datastore.FileManagement")) {
      return tl::unexpected(forbidden());
    }
  }
  if (!datastore->accessible()) return refused(503, "The datastore cannot be reached");
  std::string path = request.path.substr(std::string_view("/folder").size());
  if (!path.empty() && path.front() == '/') path.erase(0, 1);
  // A path is split before it is decoded: a slash that is encoded is part of no name.
  if (has_encoded_slash(request.target)) return refused(404, "Not Found");
  if (!path.empty() && path.back() == '/') {
    if (request.method == "PUT") return refused(405, "Method Not Allowed");
    path.pop_back();
  }
  if (!is_plain_path(path)) return refused(404, "Not Found");
  return Target{datastore, std::move(path)};
}

HttpResponse FileService::read(const HttpRequest& request, const Session& session) const {
  Content content;
  bool tear = false;
  {
    const auto lock = world_.inventory.read();
    const auto target = look_up(request, session);
    if (!target) return target.error();
    const FileTree& files = target->datastore->files;
    if (files.directory(target->path) != nullptr) return page(200, "Index");
    const File* file = files.find(target->path);
    // Extents of disks are not served here.
    if (file == nullptr || file->type == FileType::extent) return page(404, "Not Found");
    content = file->content;
    tear = request.method == "GET" && is_torn(*target);
  }
  // Contents are immutable: they are made without the lock.
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/octet-stream");
  if (request.method == "HEAD") {
    response.stated_length = content->size();
    response.send_length = world_.switches.is("head-length", "present");
  } else {
    response.body = content->bytes();
    if (tear) response.body = torn(response.body, world_.running_nvram_reads);
  }
  return response;
}

bool FileService::is_torn(const Target& target) const {
  const std::string habit = world_.switches.get("torn-reads");
  if (habit == "never") return false;
  const VirtualMachine* owner =
      world_.machine_at_home(target.datastore->ref(), directory_of(target.path));
  if (owner == nullptr || owner->power != Power::on || owner->config.nvram_path() != target.path) {
    return false;
  }
  const unsigned every = habit == "each" ? 1 : habit == "every-second" ? 2 : 3;
  return ++world_.running_nvram_reads % every == 0;
}

HttpResponse FileService::write(const HttpRequest& request, const Session& session) const {
  const auto lock = world_.inventory.write();
  const auto target = look_up(request, session);
  if (!target) return target.error();
  if (world_.switches.is("put", "fail-500")) return page(500, "Internal Server Error");
  Datastore& datastore = *target->datastore;
  const FileTree& files = datastore.files;
  if (target->path.empty() || files.directory(target->path) != nullptr) {
    return page(405, "Method Not Allowed");
  }
  const std::string home(directory_of(target->path));
  const VirtualMachine* owner = world_.machine_at_home(datastore.ref(), home);
  if (owner != nullptr && owner->power == Power::on) return page(500, "The file is locked");
  const std::string top = target->path.substr(0, target->path.find('/'));
  if (datastore.has_namespaces() && files.directory(top) == nullptr) {
    return page(500, "Cannot create the directory");
  }
  return store(request, *target);
}

HttpResponse FileService::store(const HttpRequest& request, const Target& target) const {
  Datastore& datastore = *target.datastore;
  const File* before = datastore.files.find(target.path);
  const auto size = static_cast<std::int64_t>(request.body.size());
  const std::int64_t freed = before == nullptr ? 0 : before->content->size();
  if (datastore.free_space() + freed < size) return page(500, "No space left on device");
  if (VirtualMachine* owner = world_.machine_at_home(datastore.ref(), directory_of(target.path))) {
    const bool is_nvram = owner->config.nvram_path() == target.path;
    if (is_nvram && before != nullptr && !owner->stale_nvram_size) owner->stale_nvram_size = freed;
    world_.inventory.changed(owner->ref());
  }
  // A PUT broken off leaves what had come.
  datastore.files.put(
      target.path, File{file_type_of(target.path), stored_bytes(request.body), now_in_seconds()});
  world_.inventory.changed(datastore.ref());
  HttpResponse response;
  const std::string habit = world_.switches.get("put");
  response.status = habit == "always-200" ? 200 : habit == "always-201" ? 201 : before ? 200 : 201;
  return response;
}

HttpResponse FileService::answer(const HttpRequest& request,
                                 const std::shared_ptr<Session>& session) const {
  if (session == nullptr) return unauthorized();
  const bool serves_head = world_.switches.is("folder-head", "served");
  if (request.method == "GET" || (request.method == "HEAD" && serves_head))
    return read(request, *session);
  if (request.method == "PUT") return write(request, *session);
  HttpResponse response = page(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", "GET, HEAD, PUT");
  return response;
}

}  // namespace

void register_file_service(World& world) {
  world.simulator.route(
      "/folder", [&world](const HttpRequest& request, const std::shared_ptr<Session>& session) {
        return FileService(world).answer(request, session);
      });
}

}  // namespace vtpmfs::simulator
