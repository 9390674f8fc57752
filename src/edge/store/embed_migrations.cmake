# cmake -DOUT=FILE.c -DFILES=0001_a.sql;0002_b.sql -P embed_migrations.cmake
# Writes each file as a byte array (string literals have a length limit) and the table that migrations.h declares.
set(arrays "")
set(rows "")
set(expected 1)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
    message(FATAL_ERROR "migration ${name}: the name must be NNNN_title")
  endif()
  string(REGEX REPLACE "^0+" "" number "${CMAKE_MATCH_1}")
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "migration ${name}: expected number ${expected}")
  endif()
  math(EXPR expected "${expected} + 1")
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char sql_${number}[] = {\n${bytes}0x00};\n")
  string(APPEND rows "    {${number}, \"${name}\", sql_${number}, sizeof(sql_${number}) - 1},\n")
endforeach()
file(WRITE "${OUT}"
  "#include \"migrations.h\"\n\n${arrays}\nconst pl_migration pl__migrations[] = {\n${rows}};\n"
  "const size_t pl__migrations_count = sizeof(pl__migrations) / sizeof(pl__migrations[0]);\n")
