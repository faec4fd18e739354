# Cross-builds for aarch64 with Debian's compiler and C library for it, and runs what is built under qemu (./dev aarch64).
# The other libraries stand below build/aarch64-libraries, where ./dev unpacks them: the machine's own packages stay as they are.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
if(NOT CMAKE_C_COMPILER) # clang does as well
    set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
endif()
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu) # for clang
set(CMAKE_ASM_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

get_filename_component(libraries ${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-libraries/usr ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${libraries} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_C_FLAGS_INIT "-isystem ${libraries}/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${libraries}/lib/aarch64-linux-gnu -Wl,-rpath,${libraries}/lib/aarch64-linux-gnu")

# With a bound on addresses qemu gives those again that were given back, and the memory that it keeps for each page with them.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -R 0x380000000000 -L /usr/aarch64-linux-gnu)
