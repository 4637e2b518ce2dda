# Between `cmake --install` and dpkg-deb: Debian's places and forms of documents.
set(share ${CPACK_TEMPORARY_DIRECTORY}/usr/share)
file(REMOVE ${share}/doc/vtpmfs/LICENSE)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${share}/doc/vtpmfs
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(RENAME ${share}/doc/vtpmfs/CHANGELOG.md ${share}/doc/vtpmfs/changelog)
file(GLOB pages ${share}/man/man*/*)
foreach(document ${pages} ${share}/doc/vtpmfs/changelog)
  execute_process(COMMAND gzip --best --no-name ${document} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
