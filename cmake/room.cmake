# How a folder of src/ ("room") becomes a library and a test program.
#
#   room(es
#       SOURCES errors.cpp processor.cpp
#       TESTS   processor_test.cpp
#       USES    base fmt::fmt
#       TEST_USES views_memory)
#
# Warnings are errors in our own code with CI's compilers; libraries come in as system headers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
    add_link_options(-fuse-ld=mold)
endif()

# The target `headers` compiles each header alone: it includes what it uses, and needs nothing that
# happens to be included before it. Not part of `all`.
add_custom_target(headers)

# check_headers(NAME FOLDER LIBRARIES...): every header of the folder, compiled with the libraries.
function(check_headers name folder)
    file(GLOB headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${folder}/*.hpp)
    set(sources)
    foreach(header ${headers})
        set(source ${CMAKE_BINARY_DIR}/headers/${header}.cpp)
        file(GENERATE OUTPUT ${source} CONTENT "#include \"${CMAKE_SOURCE_DIR}/${header}\"\n")
        list(APPEND sources ${source})
    endforeach()
    if(sources)
        add_library(${name}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
        target_link_libraries(${name}_headers PRIVATE ${ARGN} GTest::gmock)
        target_compile_options(${name}_headers PRIVATE -O0 -g0)
        add_dependencies(headers ${name}_headers)
    endif()
endfunction()

include(GoogleTest)

# A newer GCC warns of more than CI's own: it shows that, and builds all the same.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    set(warnings_are_errors)
else()
    set(warnings_are_errors -Werror)
endif()
add_library(yardstick_options INTERFACE)
target_compile_options(yardstick_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough ${warnings_are_errors})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports these in its own library at -O2 where nothing is wrong.
    target_compile_options(yardstick_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
# A failed assertion of Boost throws (src/base/library_assertion.hpp).
target_compile_definitions(yardstick_options INTERFACE BOOST_ENABLE_ASSERT_HANDLER)
target_include_directories(yardstick_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_link_libraries(yardstick_options INTERFACE Threads::Threads)

function(room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;TESTS;USES;TEST_USES" ${ARGN})
    if(ROOM_SOURCES)
        add_library(${name} STATIC ${ROOM_SOURCES})
        target_link_libraries(${name} PUBLIC yardstick_options ${ROOM_USES})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE yardstick_options ${ROOM_USES})
    endif()
    list(GET ROOM_SOURCES 0 first)
    get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR}/${first} DIRECTORY)
    check_headers(${name} ${folder} ${name})
    if(ROOM_TESTS)
        room_test(${name}_test SOURCES ${ROOM_TESTS} USES ${name} ${ROOM_TEST_USES})
    endif()
endfunction()

# Gives these sources alone the path of test/golden: with a path of this checkout on its command line,
# a file is recompiled in every clone, whatever ccache holds.
function(golden_files_for)
    set_source_files_properties(${ARGN} PROPERTIES
        COMPILE_DEFINITIONS GOLDEN_DIR="${CMAKE_SOURCE_DIR}/test/golden")
endfunction()

# Builds every test program of a room. Their names are in the file `room_tests` of the build folder:
# CI runs each of them under the sanitizers.
add_custom_target(room_tests)

# A test program; every TEST in it, or every one that FILTER lets through, is a test of ctest's.
# RUNS_PROGRAM: it tests the program `yardstick` in a process of its own, and is no test of a room;
# ctest knows its tests by the label `program`.
function(room_test name)
    cmake_parse_arguments(ROOM "RUNS_PROGRAM" "FILTER" "SOURCES;USES" ${ARGN})
    if(ROOM_RUNS_PROGRAM)
        set(label LABELS program)
    else()
        add_dependencies(room_tests ${name})
        set_property(GLOBAL APPEND PROPERTY room_tests ${name})
    endif()
    add_executable(${name} ${ROOM_SOURCES})
    target_link_libraries(${name} PRIVATE ${ROOM_USES} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_FILTER "${ROOM_FILTER}"
        PROPERTIES TIMEOUT 300 ${label})
endfunction()

# To be called once, after all rooms.
function(write_room_tests)
    get_property(tests GLOBAL PROPERTY room_tests)
    list(JOIN tests "\n" lines)
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/room_tests CONTENT "${lines}\n")
endfunction()
