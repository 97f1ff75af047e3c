qalam_test(spec_tests
  SOURCES objects_test.cc spec_explain_test.cc spec_extensions_test.cc spec_load_test.cc
          spec_outcomes_test.cc spec_transfer_test.cc spec_validation_test.cc yaml_reader_test.cc
  LIBS qalam_controller)
