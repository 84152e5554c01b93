# Every library that the project uses, in one place (Debian packages: script/bootstrap).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS json)
find_package(CURL REQUIRED)
# libcsv comes without a description for CMake.
find_path(CSV_INCLUDE_FOLDER csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
add_library(CSV::CSV UNKNOWN IMPORTED)
set_target_properties(CSV::CSV PROPERTIES IMPORTED_LOCATION ${CSV_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CSV_INCLUDE_FOLDER})
find_package(date REQUIRED)  # Howard Hinnant's, with its time zones
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(mongoc-1.0 1.23 REQUIRED)
find_package(mimalloc REQUIRED)  # 2.0 on Debian 12, 3.0 on 13
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(GTest REQUIRED)
