# `cmake --install` and the Debian package (cpack --preset release).
if(TARGET qalam)
  install(TARGETS qalam RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# Completion scripts are printed by the program itself, so they know every verb and flag.
if(TARGET qalam AND NOT QALAM_SANITIZE)
  set(completions)
  foreach(shell bash zsh)
    set(completion "${CMAKE_BINARY_DIR}/completions/qalam.${shell}")
    add_custom_command(OUTPUT "${completion}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/completions"
      COMMAND qalam completion ${shell} > "${completion}"
      DEPENDS qalam COMMENT "Writing the completion script for ${shell}" VERBATIM)
    list(APPEND completions "${completion}")
  endforeach()
  add_custom_target(qalam_completions ALL DEPENDS ${completions})
  install(FILES "${CMAKE_BINARY_DIR}/completions/qalam.bash" RENAME qalam
          DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${CMAKE_BINARY_DIR}/completions/qalam.zsh" RENAME _qalam
          DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
endif()

# Documents keep their places relative to each other, so that their links hold.
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES LICENSE RENAME copyright DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs examples DESTINATION "${CMAKE_INSTALL_DOCDIR}" USE_SOURCE_PERMISSIONS
        PATTERN "__pycache__" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME qalam)
set(CPACK_PACKAGE_VENDOR "The Qalam authors")
set(CPACK_PACKAGE_CONTACT "The Qalam authors <qalam@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
string(CONCAT CPACK_PACKAGE_DESCRIPTION
    "Qalam runs Katib Experiments on one machine: it proposes hyperparameters, runs the\n"
    "trials as processes, reads their metrics, and keeps everything in one SQLite file.")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_SOURCE_DIR}/LICENSE")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded when an API server is spoken to (server/kubernetes/libcurl.h), so not seen by shlibdeps.
set(CPACK_DEBIAN_PACKAGE_DEPENDS libcurl4)
set(CPACK_STRIP_FILES ON)
include(CPack)
