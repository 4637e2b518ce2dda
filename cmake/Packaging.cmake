# cpack: a .deb for Debian 12. What a stripped, compressed Debian package wants besides `cmake --install`.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vtpmfs)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "vtpmfs maintainers <maintainers@users.noreply.r-seed-d2fd96d6.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "mount a VMware vCenter as a tree of vTPM state")
set(CPACK_PACKAGE_DESCRIPTION
"Each virtual machine with a virtual TPM is a directory that holds the key's
name, the sealed bundle, the firmware, the vTPM device and the nvram: what
VMware's procedure for backing up a vTPM says to save. Any tool that copies
files saves them; a directory that is copied back becomes a new encrypted
virtual machine with that state.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "fuse3, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "rsync, restic, borgbackup")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian/tidy_staging.cmake)
include(CPack)
