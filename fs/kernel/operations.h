// The operations by family, as libfuse calls them: decode, ask the node, encode. No rule of ours
// lives in them.
//
// Left out on purpose, so that libfuse answers ENOSYS: access (default_permissions), locks and
// flock (the kernel keeps them), fallocate (the kernel turns it into EOPNOTSUPP and stops asking),
// copy_file_range and lseek (the kernel falls back), write_buf (no splicing: small files).
#pragma once

struct fuse_lowlevel_ops;

namespace vtpmfs::fs::kernel {

void add_lookup_operations(fuse_lowlevel_ops& operations);     ///< lookup, forget, forget_multi
void add_attribute_operations(fuse_lowlevel_ops& operations);  ///< getattr, setattr
void add_file_operations(fuse_lowlevel_ops& operations);  ///< open, read, flush, release; create,
                                                          ///< write, fsync
void add_directory_operations(fuse_lowlevel_ops& operations);  ///< opendir, readdir, readdirplus,
                                                               ///< releasedir, fsyncdir
void add_change_operations(
    fuse_lowlevel_ops& operations);                        ///< mkdir, mknod, unlink, rmdir, rename;
                                                           ///< link and symlink, which are refused
void add_xattr_operations(fuse_lowlevel_ops& operations);  ///< get, list, set, remove
void add_session_operations(fuse_lowlevel_ops& operations);  ///< init
void add_other_operations(fuse_lowlevel_ops& operations);    ///< readlink, statfs, ioctl

/// All of them.
fuse_lowlevel_ops all_operations();

}  // namespace vtpmfs::fs::kernel
