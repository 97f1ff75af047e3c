qalam_test(trials_runner_test
  SOURCES runner_test_support.cc local_runner_test.cc local_runner_pods_test.cc
          local_runner_capture_test.cc local_runner_checkpoint_test.cc
          local_runner_recovery_test.cc local_runner_limits_test.cc copy_folder_test.cc
          resource_ledger_test.cc spare_folders_test.cc supervisor_test.cc
          ../conformance/runner_conformance_test.cc
          # What only the supervisor's program has.
          "${CMAKE_SOURCE_DIR}/trials/supervisor/output.cc"
  LIBS qalam_trials
  TIMEOUT 300)
