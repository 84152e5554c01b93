# cmake -DPROGRAM=... -DFILTERS=... -P filters_match.cmake: every pattern of these --gtest_filter
# texts (separated by "|") names at least one test of the program. A test that was renamed would
# else no longer run, and nobody would notice: a filter that matches nothing passes.
string(REPLACE "|" ";" filters "${FILTERS}")
foreach(filter ${filters})
    string(REGEX REPLACE "[-:]" ";" patterns "${filter}")
    foreach(pattern ${patterns})
        execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_filter=${pattern}
            OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
        if(NOT listed MATCHES "\n  ")
            message(SEND_ERROR "'${pattern}' of the filter '${filter}' matches no test")
        endif()
    endforeach()
endforeach()
