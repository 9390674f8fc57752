# Compiler flags that every target of ours shares. No GNU extensions, no fused multiply-add: the same stored
# responses must give the same bytes on every machine of one type.
add_library(pl_flags INTERFACE)
target_compile_definitions(pl_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_include_directories(pl_flags INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
target_compile_options(pl_flags INTERFACE -ffp-contract=off -fno-common
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wformat=2 -Wvla -Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference)
if(PEERLESS_WERROR)
  target_compile_options(pl_flags INTERFACE -Werror)
endif()
if(PEERLESS_FAULTS)
  target_compile_definitions(pl_flags INTERFACE PL_FAULTS=1)
endif()
if(PEERLESS_SANITIZE)
  target_compile_options(pl_flags INTERFACE -fsanitize=${PEERLESS_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(pl_flags INTERFACE -fsanitize=${PEERLESS_SANITIZE})
  target_compile_definitions(pl_flags INTERFACE PL_SANITIZED=1)
else()
  target_compile_options(pl_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>
    -fstack-protector-strong)
endif()
if(PEERLESS_FUZZ)
  target_compile_options(pl_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
