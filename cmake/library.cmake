# What users get: libretick.a of all layers in one, the command line `retick`, and how to find them (pkg-config, CMake).

get_property(layers GLOBAL PROPERTY RETICK_LAYERS)
list(REMOVE_ITEM layers tick_guest) # for tests: what goes into guests is a library by itself (guest.cmake)
set(objects)
foreach(layer ${layers})
    list(APPEND objects $<TARGET_OBJECTS:${layer}>)
endforeach()

add_library(libretick STATIC ${objects})
set_target_properties(libretick PROPERTIES OUTPUT_NAME retick EXPORT_NAME retick LINKER_LANGUAGE C ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(libretick INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_options(libretick INTERFACE ${RETICK_STACK_FLAGS})
target_link_libraries(libretick INTERFACE -lsqlite3 -lxxhash -ljansson -lyaml ${CMAKE_DL_LIBS} Threads::Threads)

# retick_place(target folder): the program is built there. When building for another processor than this one's, what stands there is a
# script of the program's name that calls the emulator: tests call it all the same.
function(retick_place target folder)
    if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${folder})
        return()
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/emulated)
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
    file(GENERATE OUTPUT ${folder}/${target} CONTENT "#!/bin/sh\nexec ${emulator} $<TARGET_FILE:${target}> \"$@\"\n"
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

# Scenarios that `retick` loads at run time find every tick_ symbol in the program itself: the whole archive is in it, and exported.
if(EXISTS ${CMAKE_SOURCE_DIR}/cli/main.c)
    add_executable(retick cli/main.c)
    set_target_properties(retick PROPERTIES ENABLE_EXPORTS ON)
    retick_place(retick ${CMAKE_BINARY_DIR})
    target_include_directories(retick PRIVATE ${CMAKE_SOURCE_DIR})
    retick_whole(retick)
    target_link_libraries(retick PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,libretick>)
    install(TARGETS retick RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Runs task programs (docs/TASK_PROGRAMS.md) from its standard input.
if(TARGET tick_cli)
    add_executable(task_program cli/task_program.c)
    retick_place(task_program ${CMAKE_BINARY_DIR})
    target_link_libraries(task_program PRIVATE tick_cli)
endif()

# Manual pages and shell completions, made from the commands' tables.
if(TARGET tick_cli)
    file(GLOB sources CONFIGURE_DEPENDS cli/pages/*.c)
    add_executable(retick_pages ${sources})
    target_link_libraries(retick_pages PRIVATE tick_cli)
    set(pages ${CMAKE_BINARY_DIR}/pages)
    file(MAKE_DIRECTORY ${pages})
    add_custom_command(OUTPUT ${pages}/retick.bash COMMAND retick_pages ${pages} DEPENDS retick_pages COMMENT "Writing manual pages and completions")
    add_custom_target(pages ALL DEPENDS ${pages}/retick.bash)
    add_dependencies(retick pages) # what is installed is there wherever the program is
endif()

# Each scenario as a program of its own, as a user would link one.
if(EXISTS ${CMAKE_SOURCE_DIR}/cli/program_main.c)
    file(GLOB scenarios CONFIGURE_DEPENDS scenarios/*.c)
    foreach(source ${scenarios})
        get_filename_component(name ${source} NAME_WE)
        add_executable(scenario_${name} ${source} cli/program_main.c)
        retick_place(scenario_${name} ${CMAKE_BINARY_DIR}/scenarios)
        target_compile_options(scenario_${name} PRIVATE -Wno-pedantic) # a user's file: GNU's `, ##__VA_ARGS__` in our macros may stand there
        target_link_libraries(scenario_${name} PRIVATE libretick)
    endforeach()
endif()

install(TARGETS libretick EXPORT retick ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
# The prefix may still be chosen, or moved, after the configuration: the file tells it by its own place.
file(RELATIVE_PATH retick_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/retick.pc.in retick.pc @ONLY)
install(FILES docs/man/retick.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES ${pages}/retick.bash RENAME retick DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages}/_retick DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${pages}/retick.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES cli/retick_gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/retick)
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs PATTERN man EXCLUDE)
install(DIRECTORY scenarios examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/retick.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/retick)
install(EXPORT retick NAMESPACE retick:: FILE retick-targets.cmake DESTINATION ${package})
configure_package_config_file(cmake/retick-config.cmake.in retick-config.cmake INSTALL_DESTINATION ${package}
    PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(retick-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/retick-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/retick-config-version.cmake DESTINATION ${package})
