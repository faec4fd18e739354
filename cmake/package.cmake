# Packages: `./dev package`, or `cpack` in a build folder, makes a .deb and a .tar.gz of what `cmake --install` puts down.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME retick)
set(CPACK_PACKAGE_CONTACT "the authors of retick <retick@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_FILE_NAME retick-${PROJECT_VERSION}-Linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)

# Scenarios are compiled where they are run. What else is needed, the program's own libraries say.
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "gcc | clang, libc6-dev, binutils")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "graphviz, gdb, g++ | clang, libdw1")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pkg-config, libsqlite3-dev, libxxhash-dev, libjansson-dev, libyaml-dev, sqlite3") # for programs of one's own
include(CPack)
