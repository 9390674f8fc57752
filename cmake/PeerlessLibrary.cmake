# libpeerless: the core folders as one library, and what `cmake --install` puts where.
set(folders base facts stats text signal rank)
set(objects "")
foreach(folder IN LISTS folders)
  list(APPEND objects $<TARGET_OBJECTS:pl_${folder}>)
endforeach()

# The objects of the folders' libraries are taken as they are. Only what is marked PL_API leaves a shared library.
add_library(libpeerless ${objects})
add_library(peerless::peerless ALIAS libpeerless)
pkg_check_modules(PEERLESS_NEEDS REQUIRED IMPORTED_TARGET ${PEERLESS_LIBRARY_NEEDS})
target_link_libraries(libpeerless PRIVATE PkgConfig::PEERLESS_NEEDS Threads::Threads m)
target_include_directories(libpeerless INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
set_target_properties(libpeerless PROPERTIES OUTPUT_NAME peerless EXPORT_NAME peerless LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION 0
  LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib" ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
if(PEERLESS_SANITIZE)
  target_link_options(libpeerless PRIVATE -fsanitize=${PEERLESS_SANITIZE})
elseif(NOT APPLE)
  target_link_options(libpeerless PRIVATE "LINKER:--no-undefined")
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/peerless")

# peerless.pc speaks relative to itself, so that the prefix may be chosen at install time and the tree be moved.
function(peerless_relative_to_prefix ret dir)
  if(IS_ABSOLUTE "${dir}")
    set(${ret} "${dir}" PARENT_SCOPE)
  else()
    set(${ret} "\${prefix}/${dir}" PARENT_SCOPE)
  endif()
endfunction()
peerless_relative_to_prefix(PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
peerless_relative_to_prefix(PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(PC_PREFIX "\${pcfiledir}/${up}")
endif()
# An archive is no use without the libraries behind it; a shared library brings its own.
if(BUILD_SHARED_LIBS)
  set(PC_REQUIRES "")
  set(PC_LIBS "")
else()
  list(TRANSFORM PEERLESS_LIBRARY_NEEDS REPLACE ">=" " >= " OUTPUT_VARIABLE needs)
  list(JOIN needs ", " PC_REQUIRES)
  set(PC_LIBS " -lm -pthread")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/peerless.pc.in" "${CMAKE_BINARY_DIR}/package/peerless.pc" @ONLY)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/peerlessConfig.cmake.in"
  "${CMAKE_BINARY_DIR}/package/peerlessConfig.cmake" INSTALL_DESTINATION "${package_dir}")
# Below 1.0 a new minor version may break what was there.
write_basic_package_version_file("${CMAKE_BINARY_DIR}/package/peerlessConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)

install(TARGETS libpeerless EXPORT peerless
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT development
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT peerless FILE peerlessTargets.cmake NAMESPACE peerless:: DESTINATION "${package_dir}"
  COMPONENT development)
install(FILES "${CMAKE_BINARY_DIR}/package/peerlessConfig.cmake"
  "${CMAKE_BINARY_DIR}/package/peerlessConfigVersion.cmake" DESTINATION "${package_dir}" COMPONENT development)
install(FILES "${CMAKE_BINARY_DIR}/package/peerless.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/peerless" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT library)
if(TARGET peerless)
  install(TARGETS peerless RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
endif()
