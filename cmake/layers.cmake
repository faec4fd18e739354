# retick_layer(name DIRS folders... [LINKS libraries...] [BANS HEAP|CLOCK...] [WITHOUT files...])
#
# One static library a layer, of every C and assembler file in its folders, so that each states what it stands on. A folder without
# sources makes no library, and is left out of what others link.
function(retick_layer name)
    cmake_parse_arguments(L "" "" "DIRS;LINKS;BANS;WITHOUT" ${ARGN})
    set(sources)
    foreach(dir ${L_DIRS})
        file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.c ${CMAKE_SOURCE_DIR}/${dir}/*.S)
        list(APPEND sources ${found})
    endforeach()
    foreach(file ${L_WITHOUT})
        list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${file})
    endforeach()
    if(NOT sources)
        return()
    endif()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
    foreach(library ${L_LINKS})
        if(TARGET ${library} OR NOT library MATCHES "^tick_")
            target_link_libraries(${name} PUBLIC ${library})
        endif()
    endforeach()
    list(TRANSFORM L_BANS REPLACE "(.+)" "TICK_BAN_\\1")
    target_compile_definitions(${name} PRIVATE ${L_BANS})
    target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${CMAKE_SOURCE_DIR}/src/base/banned.h>")
    target_compile_options(${name} PRIVATE "$<$<AND:$<COMPILE_LANGUAGE:C>,${retick_whole}>:-flto=auto;-ffat-lto-objects>")
    set_property(GLOBAL APPEND PROPERTY RETICK_LAYERS ${name})
endfunction()

# retick_whole(program): in a release, gcc compiles it and all of retick in one go, which saves a seventh of what a message or a schedule takes.
# Others link the machine code that the objects hold as well.
set(retick_whole $<AND:$<C_COMPILER_ID:GNU>,$<CONFIG:Release>>)
function(retick_whole program)
    target_link_options(${program} PRIVATE $<${retick_whole}:-flto=auto>)
endfunction()

# retick_may(WHAT files...): these files may use what their layer's BANS refuse (HEAP or CLOCK). Each call says why.
function(retick_may what)
    foreach(file ${ARGN})
        set_property(SOURCE ${CMAKE_SOURCE_DIR}/${file} APPEND PROPERTY COMPILE_DEFINITIONS TICK_MAY_${what})
    endforeach()
endfunction()

# retick_head_line(source word result): the words after `// word:` (in a script `# word:`) at a line's start in the source, as a list.
function(retick_head_line source word result)
    file(STRINGS ${source} line REGEX "^(//|#) ${word}:" LIMIT_COUNT 1 ENCODING UTF-8)
    string(REGEX REPLACE "^(//|#) ${word}:[ ]*" "" line "${line}")
    separate_arguments(line UNIX_COMMAND "${line}")
    set(${result} ${line} PARENT_SCOPE)
endfunction()
