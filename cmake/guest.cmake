# libretick_guest.so: what is loaded into a guest program's process (sim/guest), with a compilation of its own of the layers that it stands on.
# It exports libc's names and nothing else. x86-64 only, so far; a sanitizer's run-time does not go into somebody else's program.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" OR RETICK_SANITIZE_FLAGS OR RETICK_COVERAGE)
    return()
endif()

file(GLOB guest_sources CONFIGURE_DEPENDS sim/guest/*.c sim/guest/*.S)
file(GLOB guest_ground CONFIGURE_DEPENDS src/base/*.c sim/choice/*.c sim/kernel/*.c)
# Of src/base without what is of the caller, what allocates behind the program's back (sim/guest has its own), what prints, and what asks new libcs for words.
foreach(file alloc check error inherited outside stack_words visible)
    list(REMOVE_ITEM guest_ground ${CMAKE_SOURCE_DIR}/src/base/${file}.c)
endforeach()
# Of sim/choice the choosers; schedules are text, which only their reader needs.
foreach(file names path schedule words)
    list(REMOVE_ITEM guest_ground ${CMAKE_SOURCE_DIR}/sim/choice/${file}.c)
endforeach()

# No stack protector or fortification of the builder's: their names would be asked of the program's libc before it is ready.
# sim/guest/old_libc.h: names as libc has had them for long, so that the library loads with older ones, too.
set(guest_options "SHELL:-include ${CMAKE_SOURCE_DIR}/sim/guest/old_libc.h" -fvisibility=hidden -fno-semantic-interposition -ftls-model=initial-exec -U_FORTIFY_SOURCE -fno-stack-protector)
add_library(retick_guest_ground OBJECT ${guest_ground})
target_include_directories(retick_guest_ground PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(retick_guest_ground PRIVATE ${guest_options} "SHELL:-include ${CMAKE_SOURCE_DIR}/src/base/banned.h")
add_library(retick_guest SHARED ${guest_sources} $<TARGET_OBJECTS:retick_guest_ground>)
target_include_directories(retick_guest PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(retick_guest PRIVATE ${guest_options})
# Its constructor runs before those of all others, and nothing of it is looked up late.
target_link_options(retick_guest PRIVATE -Wl,-z,initfirst -Wl,-z,now -Wl,-z,nodelete -Wl,-Bsymbolic-functions -Wl,--no-undefined)
# Before glibc 2.34 these were libraries by themselves; they are still there, and empty.
target_link_libraries(retick_guest PRIVATE -Wl,--no-as-needed -l:libpthread.so.0 -l:libdl.so.2)
set_target_properties(retick_guest PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(TARGET retick)
    add_dependencies(retick retick_guest)
endif()
install(TARGETS retick_guest LIBRARY DESTINATION lib/retick) # ../lib/retick of the program, whatever this system calls its lib
