# How everything is compiled: the language, the warnings, and what sanitizers and coverage add.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, RelWithDebInfo or Release" FORCE)
endif()
# No NDEBUG in any of them: invariants are always checked, and tests may use assert.
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O3 -fno-plt")
if(RETICK_SANITIZE) # its reports want lines alone; with all else, half of the time of ./dev test went into compiling
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
set(retick_warnings -Wall -Wextra -Wshadow -Wmissing-prototypes -Wpedantic -Wstrict-prototypes -Wvla)
add_compile_options("$<$<COMPILE_LANGUAGE:C>:${retick_warnings}>")
add_compile_options($<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>) # snprintf that cuts is what we want, and -O2 alone sees it
if(RETICK_WERROR)
    add_compile_options(-Werror)
endif()

# The program compiles scenarios while it runs, and they need the same sanitizers: RETICK_SANITIZE_FLAGS tells it which. They may also have
# been asked for with plain CMAKE_C_FLAGS.
string(REGEX MATCHALL "-f(no-)?sanitize[^ ]*" flags "${CMAKE_C_FLAGS}")
if(RETICK_SANITIZE)
    set(own -fsanitize=${RETICK_SANITIZE})
    if(RETICK_SANITIZE MATCHES "undefined")
        list(APPEND own -fno-sanitize-recover=undefined)
    endif()
    add_compile_options(${own})
    add_link_options(${own})
    list(APPEND flags ${own})
endif()
# Sanitizers describe each check and each global by data with pointers in it: a quarter of a million of them, which the loader of a program
# that can stand anywhere has to move at each start (ThreadSanitizer asks for such a one).
if(RETICK_SANITIZE MATCHES "address")
    add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
endif()
list(JOIN flags " " RETICK_SANITIZE_FLAGS)

# Which compiler the program calls for scenarios: any will do for a plain build, but a sanitizer's run-time has to be the program's own,
# and so has the processor.
if(RETICK_SANITIZE_FLAGS OR CMAKE_CROSSCOMPILING)
    set(default_compiler ${CMAKE_C_COMPILER})
else()
    set(default_compiler cc)
endif()
set(RETICK_C_COMPILER ${default_compiler} CACHE STRING "The compiler that the command line calls for scenarios")

# C++ is for scenarios and an example, where there is a compiler of it.
if(NOT CMAKE_CROSSCOMPILING)
    include(CheckLanguage)
    check_language(CXX)
endif()
if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
endif()
if(RETICK_SANITIZE_FLAGS AND CMAKE_CXX_COMPILER)
    set(default_compiler ${CMAKE_CXX_COMPILER})
else()
    set(default_compiler c++)
endif()
set(RETICK_CXX_COMPILER ${default_compiler} CACHE STRING "The compiler that the command line calls for scenarios in C++")

# A frame that is larger than a guard touches each page on its way down, and so none that lies behind the guard. gcc for aarch64 would take
# guards for 64 KiB; what does not know the option has 16 KiB to rely on. Scenarios get the same, and who links retick.
include(CheckCCompilerFlag)
set(RETICK_STACK_FLAGS)
foreach(flag -fstack-clash-protection --param=stack-clash-protection-guard-size=12)
    string(MAKE_C_IDENTIFIER knows${flag} known)
    if(flag MATCHES "^--param" AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
        continue()
    endif()
    check_c_compiler_flag("-Werror ${flag}" ${known})
    if(${known})
        list(APPEND RETICK_STACK_FLAGS ${flag})
    endif()
endforeach()
add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${RETICK_STACK_FLAGS}>")
list(JOIN RETICK_STACK_FLAGS " " RETICK_STACK_WORDS)

if(RETICK_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
