# tick_rewind: going back to a snapshot of a process, which the guest library does, alone, for tests. x86-64 only, so far; a sanitizer's
# run-time keeps memory of its own about each byte, which does not go back by itself.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" OR RETICK_SANITIZE_FLAGS)
    return()
endif()
set(sources cross_x86.S fork.c kept.c map.c mappings.c memory_check.c memory_pages.c process_state.c rewind.c)
list(TRANSFORM sources PREPEND sim/guest/)
add_library(tick_rewind STATIC ${sources})
target_include_directories(tick_rewind PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
