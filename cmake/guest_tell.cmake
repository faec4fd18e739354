# tick_tell: how a guest tells what it does (sim/guest/*tell*.c), alone, for tests. x86-64 only, so far, like the guest library.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
endif()
add_library(tick_tell STATIC sim/guest/guest_tell.c sim/guest/tell_places.c)
target_include_directories(tick_tell PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_link_libraries(tick_tell PUBLIC tick_base)
