// What a node refuses unless it says otherwise: it is a file's or directory's business to be one,
// and everything that would change a read-only tree is EROFS (never EXDEV: mv would copy and
// delete).
#include "fs/node.h"

#include <cerrno>
#include <utility>

namespace vtpmfs::fs {
namespace {

tl::unexpected<Error> read_only() {
  return fail(EROFS, "this part of the tree is read-only");
}
tl::unexpected<Error> not_a_directory() {
  return fail(ENOTDIR, "not a directory");
}

template <class T>
void refuse(Answer<T>&& answer, tl::unexpected<Error> why) {
  answer(std::move(why));
}

}  // namespace

void OpenFile::write(uint64_t /*offset*/, std::string_view /*bytes*/, const Caller& /*caller*/,
                     Answer<size_t> answer) {
  refuse(std::move(answer), read_only());
}

void Node::set_attributes(const AttributeChange& /*change*/, OpenFile* /*file*/,
                          const Caller& /*caller*/, Answer<Attributes> answer) {
  refuse(std::move(answer), read_only());
}

void Node::lookup(const std::string& /*name*/, const Caller& /*caller*/, Answer<NodePtr> answer) {
  refuse(std::move(answer), not_a_directory());
}

void Node::open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) {
  refuse(std::move(answer), not_a_directory());
}

void Node::fsync_directory(const Caller& /*caller*/, Answer<void> answer) {
  answer({});
}

void Node::create(const std::string& /*name*/, uint32_t /*permissions*/, int /*flags*/,
                  const Caller& /*caller*/, Answer<CreatedFile> answer) {
  refuse(std::move(answer), read_only());
}

void Node::make_directory(const std::string& /*name*/, uint32_t /*permissions*/,
                          const Caller& /*caller*/, Answer<NodePtr> answer) {
  refuse(std::move(answer), read_only());
}

void Node::unlink(const std::string& /*name*/, const Caller& /*caller*/, Answer<void> answer) {
  refuse(std::move(answer), read_only());
}

void Node::remove_directory(const std::string& /*name*/, const Caller& /*caller*/,
                            Answer<void> answer) {
  refuse(std::move(answer), read_only());
}

void Node::rename(const std::string& /*name*/, const NodePtr& /*new_parent*/,
                  const std::string& /*new_name*/, unsigned /*flags*/, const Caller& /*caller*/,
                  Answer<void> answer) {
  refuse(std::move(answer), read_only());
}

void Node::open(int /*flags*/, const Caller& /*caller*/, Answer<OpenFilePtr> answer) {
  refuse(std::move(answer), fail(EISDIR, "not a file"));
}

Result<std::string> Node::read_link() {
  return fail(EINVAL, "not a symbolic link");
}

void Node::get_attribute(const std::string& name, const Caller& /*caller*/,
                         Answer<std::string> answer) {
  // After this answer ls asks for no other file of the mount; after ENODATA it asks twice for each.
  if (name.rfind("security.", 0) == 0 || name.rfind("system.", 0) == 0) {
    return refuse(std::move(answer), fail(EOPNOTSUPP, "no labels and no ACLs here"));
  }
  refuse(std::move(answer), fail(ENODATA, "no such attribute"));
}

Result<std::vector<std::string>> Node::list_attributes() {
  return std::vector<std::string>{};
}

void Node::set_attribute(const std::string& /*name*/, const std::string& /*value*/, int /*flags*/,
                         const Caller& /*caller*/, Answer<void> answer) {
  refuse(std::move(answer), read_only());
}

void Node::remove_attribute(const std::string& /*name*/, const Caller& /*caller*/,
                            Answer<void> answer) {
  refuse(std::move(answer), read_only());
}

}  // namespace vtpmfs::fs
