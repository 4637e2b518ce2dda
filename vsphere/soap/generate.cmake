# Runs soapcpp2 and checks that it made as many files as the build knows of.
file(MAKE_DIRECTORY ${OUTPUT})
file(GLOB old ${OUTPUT}/soapC_*.cpp)
if(old)
  file(REMOVE ${old})
endif()
execute_process(
  COMMAND ${SOAPCPP2} -c++17 -C -L -x -w -f150 -I${SCHEMA} -d${OUTPUT} ${SCHEMA}/messages.gsoap.h
  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed OR output MATCHES "(\\*WARNING\\*|[Ww]arning|[Ee]rror):?")
  message(FATAL_ERROR "soapcpp2:\n${output}")
endif()
file(GLOB made ${OUTPUT}/soapC_*.cpp)
list(LENGTH made count)
if(NOT count EQUAL PARTS)
  message(FATAL_ERROR "soapcpp2 made ${count} files, vsphere/soap/CMakeLists.txt expects ${PARTS}: set parts there")
endif()

# soapcpp2 2.8.124 ends the writers of std::optional<class> with the second half of a check for cycles
# whose first half it left out, so that they do not compile. Such a value cannot be part of a cycle.
foreach(part IN LISTS made)
  file(READ ${part} code)
  string(REGEX REPLACE "(\\(void\\)a->value\\(\\)\\.soap_out\\([^\n]*\n)\tsoap_unmark\\(soap, mark\\);\n" "\\1"
         code "${code}")
  file(WRITE ${part} "${code}")
endforeach()
